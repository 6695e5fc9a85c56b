/* SPDX-License-Identifier: Apache-2.0
 *
 * Fully connected layer, two products in a multiplication (mote_pair_dot_swar.h), for cores without
 * multiply-accumulate. All outputs share one multiplier.
 *
 * y[n,o] = clamp(requantize(bias[o] + sum_i x[n,i] * weights[o,i]) + y_zero)
 *
 * x: [batches, inputs].  y: [batches, outputs], must not overlap x.
 * weights: 4-byte aligned, [ceil(outputs / 2), taps / 4, 2 outputs, 4 taps], taps = inputs up to a multiple of 8;
 * each is a byte that holds 128 more; what fills up is 0.
 * is_long: of each two outputs, 1 when their blocks have eight taps, 0 when they have two; for all inputs both
 * halves of a block's sum fit an int16, proven at compile time.
 * start: the bias included.  low, high: the lower 12 bits of the multiplier and the others; limit, offset, middle,
 * bend: as mote_narrow.h says, limit times 16, offset shifted and with end.
 * Scratch: 2 * taps bytes.
 * No overflow: |acc| <= 128 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time. */
#include "mote_kernels.h"
#include "mote_pair_dot_swar.h"

/* Words of the inputs of one image, see mote_pair_dot_swar.h; returns their end. */
static uint32_t *mote_put_pairs(uint32_t *word, const int8_t *x, uint32_t inputs)
{
    int8_t last[MOTE_PAIR_DOT_TAPS] = {0};
    const uint32_t left = inputs % MOTE_PAIR_DOT_TAPS;
    const int8_t *end = x + (inputs - left);
    for (uint32_t i = 0; i < left; i++)
        last[i] = end[i];
    for (uint32_t part = 0; part < 2; part++) {
        for (; x != end; x += 4) {
            *word++ = (uint32_t)x[2] + ((uint32_t)x[0] << 16);
            *word++ = (uint32_t)x[3] + ((uint32_t)x[1] << 16);
        }
        x = last;
        end = left ? last + MOTE_PAIR_DOT_TAPS : last;
    }
    return word;
}

void mote_fully_connected_s8_swar(const mote_fully_connected_swar *layer, const int8_t *x, int8_t *y, void *scratch)
{
    const uint32_t outputs = layer->outputs;
    mote_pair_dot_job job;
    job.x = scratch;
    for (uint32_t n = 0; n < layer->batches; n++, x += layer->inputs) {
        const int32_t *start = layer->start;
        job.x_end = mote_put_pairs(scratch, x, layer->inputs);
        job.w = (const void *)layer->weights;
        for (uint32_t o = 0; o < outputs; o += 2) {
            mote_pair_dot(&job, layer->is_long[o >> 1]);
            for (const int32_t *sum = job.sums, *end = sum + (o + 1 < outputs ? 2 : 1); sum != end;) {
                int32_t a = *sum++ + *start++, v;
                a = a < 0 ? 0 : a > layer->limit ? layer->limit : a;
                v = (int32_t)((uint32_t)a * layer->high + ((uint32_t)a * layer->low >> 12) + (uint32_t)layer->offset);
                *y++ = (int8_t)((v < layer->middle ? v - layer->bend : v) >> 24);
            }
        }
    }
}
