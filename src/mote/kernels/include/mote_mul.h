/* SPDX-License-Identifier: Apache-2.0
 *
 * The int8 products, shared by the kernels of mul: TFLite's MUL, with the last additions folded.
 *
 * y = clamp(requantize(p) + y_zero) with p = (x0 - x0_zero) * (x1 - x1_zero), double rounding. With right > 0
 * that is clamp((h + (h >> 31) + offset) >> right), where h is the rounded high half of the doubled
 * product p * multiplier and offset = 2^(right - 1) + y_zero * 2^right.
 *
 * No overflow: |p| <= 255^2, so |h| < 2^16; right is -15..18, so |offset| < 2^26 and |p| * 2^15 < 2^31. */
#ifndef MOTE_MUL_H
#define MOTE_MUL_H

#include "mote_broadcast.h"
#include "mote_dsp.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

/* The high half of the doubled product, rounded halves up; |p| < 2^17. */
static inline int32_t mote_high_of_small(int32_t p, int32_t multiplier)
{
#if MOTE_NARROW_MULTIPLY
    return mote_multiply_high(p, multiplier, MOTE_HALF);
#else
    return mote_smmlar(p + p, multiplier, 0);
#endif
}

static inline void mote_multiply_row(const mote_mul *layer, const int8_t *a, const int8_t *b,
                                     uint32_t n, int8_t *y)
{
    const uint32_t a_step = layer->x0_step[3], b_step = layer->x1_step[3];
    const int32_t a_zero = layer->x0_zero, b_zero = layer->x1_zero;
    const int32_t multiplier = layer->multiplier, offset = layer->offset, right = layer->right;
    const int32_t low = layer->y_min, high = layer->y_max;
    if (right > 0) {
        for (; n > 0; n--) {
            const int32_t h = mote_high_of_small((*a - a_zero) * (*b - b_zero), multiplier);
            *y++ = mote_clamp_s8((h + (h >> 31) + offset) >> right, low, high);
            a += a_step;
            b += b_step;
        }
        return;
    }
    for (; n > 0; n--) {
        const int32_t p = (*a - a_zero) * (*b - b_zero);
        const int32_t scaled = mote_requantize_double(p, multiplier, right);
        *y++ = mote_clamp_s8(scaled + layer->y_zero, low, high);
        a += a_step;
        b += b_step;
    }
}

#endif
