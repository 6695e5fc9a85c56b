/* SPDX-License-Identifier: Apache-2.0
 *
 * The int8 products, shared by the kernels of mul. With p = (x0 - x0_zero) * (x1 - x1_zero):
 *
 * mote_mul: y = clamp((p * high + offset_high + n + ((p * low + offset_low) >> 14)) >> shift) with
 * n = negative for p < 0 and 0 elsewhere: a multiplier of 28 bits without a long product. The lowering
 * has found it exact for every pair of bytes.
 * No overflow: checked for the largest p of every layer at compile time.
 *
 * mote_mul_general: y = clamp(y_zero + requantize(p)), double rounding, as TFLite's MUL
 * No overflow: |p| <= 255^2 and right >= -15, so that |p| * 2^15 < 2^31. */
#ifndef MOTE_MUL_H
#define MOTE_MUL_H

#include "mote_broadcast.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

static inline int8_t mote_multiply_shortly(const mote_mul *p, int8_t x0, int8_t x1)
{
    const int32_t product = (x0 - p->x0_zero) * (x1 - p->x1_zero);
    const int32_t rest = (product * p->low + p->offset_low) >> 14;
    const int32_t n = (product >> 31) & p->negative;
    const int32_t scaled = (product * p->high + p->offset_high + n + rest) >> p->shift;
    return mote_clamp_s8(scaled, p->y_min, p->y_max);
}

static inline int8_t mote_multiply_exactly(const mote_mul_general *p, int8_t x0, int8_t x1)
{
    const int32_t product = (x0 - p->x0_zero) * (x1 - p->x1_zero);
    const int32_t scaled = mote_requantize_double(product, p->multiplier, p->right);
    return mote_clamp_s8(scaled + p->y_zero, p->y_min, p->y_max);
}

static inline void mote_multiply_all(const mote_mul *layer, const int8_t *x0, const int8_t *x1,
                                     int8_t *y)
{
    const mote_mul p = *layer; /* y may alias the struct in the compiler's eyes */
    MOTE_BROADCAST(int8_t, mote_multiply_shortly, &p, x0, x1, y)
}

static inline void mote_multiply_all_exactly(const mote_mul_general *layer, const int8_t *x0,
                                             const int8_t *x1, int8_t *y)
{
    const mote_mul_general p = *layer;
    MOTE_BROADCAST(int8_t, mote_multiply_exactly, &p, x0, x1, y)
}

#endif
