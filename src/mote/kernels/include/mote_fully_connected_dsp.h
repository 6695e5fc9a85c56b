/* SPDX-License-Identifier: Apache-2.0
 *
 * Fully connected layers through mote_dot_8.h, eight outputs at a time, requantised there where all share a
 * multiplier. The kernels
 * mote_fully_connected_s8*_dsp*.c are this file with one choice of MOTE_WIDE, MOTE_NIBBLES and MOTE_SINGLE
 * each.
 *
 * y[n,o] = clamp(requantize(bias[o] + sum_i x[n,i] * weights[o,i]) + y_zero)
 *
 * x: [batches, inputs].  y: [batches, outputs], must not overlap x.  Scratch: none.
 * weights: [outputs / 8][inputs / 4][4 pairs] of 8 bytes, 4-byte aligned, filled up with zeros: four taps
 * of a pair (A, B) of channels in the order 0, 2, 1, 3. 4-bit weights: 4 bytes, biases 16 times as large.
 * bias: [outputs / 8][8]: 256 * A + B (wide: A) of four pairs, then their B.
 * multiplier, shift: one entry, or one for each output: right shift - 1 in shift_bits bits.
 * No overflow: as mote_multiply_4.h. */
#ifndef MOTE_FULLY_CONNECTED_DSP_H
#define MOTE_FULLY_CONNECTED_DSP_H

#include "mote_dot_8.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

/* The inputs: those that are no multiple of 4 end in last, filled up with zeros. */
static void mote_fully_connected_inputs(mote_dot_8_job *job, const int8_t *x, uint32_t inputs, int8_t *last)
{
    const int8_t *end = x + (inputs & ~3u);
    job->x = x;
    job->x_end = end;
    job->last_end = end;
    if ((inputs & 3u) == 0)
        return;
    for (uint32_t i = 0; i < 4; i++)
        last[i] = i < (inputs & 3u) ? end[i] : 0;
    job->last_end = last + 4;
    if (inputs < 4) {
        job->x = last;
        job->x_end = last + 4;
    }
}

/* Output o from the sums of its eight; multiplier and shift are entry k. */
static inline int8_t mote_fully_connected_finish(const mote_fully_connected *layer, const mote_dot_8_job *job,
                                                 uint32_t o, uint32_t k)
{
    const int right = mote_right_shift(layer->shift, 1, layer->shift_bits, k);
    const int32_t b = job->b[o >> 1 & 3u];
    const int32_t twice = o & 1u ? mote_twice(b) : mote_twice_a(job->a[o >> 1 & 3u], b);
    return (int8_t)mote_finish(twice, layer->multiplier[k], (2 * layer->y_zero + 1) * (1 << (right - 1)), right,
                               !MOTE_SINGLE);
}

static inline void mote_fully_connected_dsp(const mote_fully_connected *layer, const int8_t *x, int8_t *y)
{
    const uint32_t outputs = layer->outputs;
    mote_dot_8_job job;
    int8_t last[4];

    for (uint32_t n = 0; n < layer->batches; n++) {
        uint32_t o = 0;
        mote_fully_connected_inputs(&job, x, layer->inputs, last);
        job.weights = layer->weights;
        job.bias = layer->bias;
        job.blocks = outputs >> 3;
        if (job.blocks && !layer->per_channel) {
            job.multiplier = layer->multiplier[0];
            job.right = mote_right_shift(layer->shift, 1, layer->shift_bits, 0);
            job.offset = (2 * layer->y_zero + 1) * (1 << (job.right - 1));
            job.y = y;
            mote_dot_8(&job);
            o = outputs & ~7u;
        }
        for (job.right = 0; o < outputs; o++) {
            if ((o & 7u) == 0)
                mote_dot_8(&job);
            y[o] = mote_fully_connected_finish(layer, &job, o, layer->per_channel ? o : 0);
        }
        if (layer->y_min > -128 || layer->y_max < 127)
            for (o = 0; o < outputs; o++)
                y[o] = mote_clamp_s8(y[o], layer->y_min, layer->y_max);
        x += layer->inputs;
        y += outputs;
    }
}

#endif
