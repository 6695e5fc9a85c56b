/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kernels with weights share for int16 activations: 64-bit sums and their way to int16.
 *
 * requantize(acc) = (acc * multiplier + 2^(shift - 1)) >> shift, after acc was clamped to -limit..limit. The
 * limit lies where every result saturates anyway; it keeps the product below 2^62, checked at compile time. */
#ifndef MOTE_SUMS_S16_H
#define MOTE_SUMS_S16_H

#include "mote_kernels.h"

typedef struct {
    const int32_t *multiplier;
    const uint8_t *shift;
    int64_t limit;
    int32_t y_min, y_max;
} mote_output_s16;

#define MOTE_OUTPUT_S16(layer)                                                                       \
    {                                                                                                \
        (layer)->multiplier, (layer)->shift, (layer)->limit, (layer)->y_min, (layer)->y_max          \
    }

/* Taps whose products surely fit an int32 sum: 511 * 2^15 * 2^7 < 2^31. */
#define MOTE_TAPS_IN_32_BITS 511

/* sum_i x[i] * w[i] */
static inline int64_t mote_dot_s16(const int16_t *x, const int8_t *w, int32_t count)
{
    int64_t total = 0;
    while (count > 0) {
        const int32_t taps = count < MOTE_TAPS_IN_32_BITS ? count : MOTE_TAPS_IN_32_BITS;
        int32_t sum = 0;
        for (const int16_t *end = x + taps; x != end;)
            sum += *x++ * *w++;
        total += sum;
        count -= taps;
    }
    return total;
}

/* The int16 result of a channel's sum. */
static inline int16_t mote_put_s16(const mote_output_s16 *p, int64_t sum, int32_t channel)
{
    const int32_t multiplier = p->multiplier[channel];
    const uint32_t shift = p->shift[channel];
    int64_t value = sum > p->limit ? p->limit : sum < -p->limit ? -p->limit : sum;
    value = (value * multiplier + ((int64_t)1 << (shift - 1))) >> shift;
    return (int16_t)(value > p->y_max ? p->y_max : value < p->y_min ? p->y_min : value);
}

#endif
