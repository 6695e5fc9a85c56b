/* SPDX-License-Identifier: Apache-2.0
 *
 * Fully connected layers through mote_dot_8.h, eight outputs at a time. The kernels
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

static void mote_fully_connected_sums(mote_dot_8_job *job, const int32_t *bias, const int8_t *x,
                                      uint32_t inputs)
{
    int8_t last[4] = {0, 0, 0, 0};
    memcpy(job->a, bias, sizeof job->a);
    memcpy(job->b, bias + 4, sizeof job->b);
    job->x = x;
    job->x_end = x + (inputs & ~3u);
    if (inputs >= 4)
        mote_dot_8(job);
    if (inputs & 3u) {
        last[0] = job->x[0];
        if (inputs & 2u)
            last[1] = job->x[1];
        if ((inputs & 3u) == 3)
            last[2] = job->x[2];
        job->x = last;
        job->x_end = last + 4;
        mote_dot_8(job);
    }
}

/* Requantises the sums of outputs o to o + count - 1. */
static void mote_fully_connected_finish(const mote_fully_connected *layer, const mote_dot_8_job *job,
                                        uint32_t o, uint32_t count, int8_t *y)
{
    const int32_t zero = 2 * layer->y_zero + 1;
    const uint32_t per_channel = layer->per_channel;
    int32_t multiplier = layer->multiplier[0];
    int right = mote_right_shift(layer->shift, 1, layer->shift_bits, 0);
    int32_t offset = zero * (1 << (right - 1));

    for (uint32_t i = 0; i < count; i++) {
        int32_t b = job->b[i >> 1];
        int32_t twice = i & 1u ? mote_twice(b) : mote_twice_a(job->a[i >> 1], b);
        if (per_channel) {
            multiplier = layer->multiplier[o + i];
            right = mote_right_shift(layer->shift, 1, layer->shift_bits, o + i);
            offset = zero * (1 << (right - 1));
        }
        y[i] = (int8_t)mote_finish(twice, multiplier, offset, right, !MOTE_SINGLE);
    }
}

static inline void mote_fully_connected_dsp(const mote_fully_connected *layer, const int8_t *x, int8_t *y)
{
    const uint32_t outputs = layer->outputs;
    mote_dot_8_job job;

    for (uint32_t n = 0; n < layer->batches; n++) {
        job.weights = layer->weights;
        for (uint32_t o = 0; o < outputs; o += 8) {
            mote_fully_connected_sums(&job, layer->bias + o, x, layer->inputs);
            mote_fully_connected_finish(layer, &job, o, outputs - o < 8 ? outputs - o : 8, y + o);
        }
        if (layer->y_min > -128 || layer->y_max < 127)
            for (uint32_t o = 0; o < outputs; o++)
                y[o] = mote_clamp_s8(y[o], layer->y_min, layer->y_max);
        x += layer->inputs;
        y += outputs;
    }
}

#endif
