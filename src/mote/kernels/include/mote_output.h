/* SPDX-License-Identifier: Apache-2.0
 *
 * The last part of the portable kernels with weights: sums of some channels to int8. */
#ifndef MOTE_OUTPUT_H
#define MOTE_OUTPUT_H

#include "mote_kernels.h"
#include "mote_requantize.h"

/* Copied out of the layer, in whole words: cheaper to read, and y cannot alias it. */
typedef struct {
    const int32_t *multiplier;
    const uint8_t *shift;
    uint32_t step, shift_step; /* words, bits; 0 when all channels share one multiplier and shift */
    uint32_t shift_mask;
    int32_t shift_base;
    int32_t rounding;
    int32_t y_zero, y_min, y_max;
} mote_output;

#define MOTE_OUTPUT(layer, is_per_channel)                                                           \
    {                                                                                                \
        (layer)->multiplier, (layer)->shift, (is_per_channel) ? 1u : 0u,                             \
            (is_per_channel) ? (layer)->shift_bits : 0u, (1u << (layer)->shift_bits) - 1u,           \
            (layer)->shift_base, (layer)->double_rounding ? MOTE_HALF : 0, (layer)->y_zero,          \
            (layer)->y_min, (layer)->y_max                                                           \
    }

/* The sums of lanes channels, 4 or 1, start with their biases; unused sums with any. */
static inline void mote_start_sums(int32_t *sum, const int32_t *bias, uint32_t lanes)
{
    const uint32_t step = lanes >> 2;
    sum[0] = *bias;
    sum[1] = *(bias += step);
    sum[2] = *(bias += step);
    sum[3] = *(bias += step);
}

/* Inlined, it would have to share the registers. */
#if defined(__GNUC__)
__attribute__((noinline, unused))
#endif
static void mote_put_outputs(const mote_output *p, const int32_t *sum, uint32_t channel,
                             uint32_t lanes, int8_t *y)
{
    const int32_t *multiplier = p->multiplier + channel * p->step;
    uint32_t at = channel * p->shift_step;
    for (int8_t *end = y + lanes; y != end; y++) {
        const uint32_t above = ((uint32_t)p->shift[at >> 3] >> (at & 7u)) & p->shift_mask;
        const int right = p->shift_base + (int32_t)above;
        const int32_t value = mote_requantize(*sum++, *multiplier, right, p->rounding);
        *y = mote_clamp_s8(value + p->y_zero, p->y_min, p->y_max);
        multiplier += p->step;
        at += p->shift_step;
    }
}

#endif
