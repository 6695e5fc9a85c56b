/* SPDX-License-Identifier: Apache-2.0
 *
 * The int16 sums, differences and products, as TFLite computes them; zero points are 0.
 *
 * add, sub: y = clamp(scale_y(scale_0(x0 << 15) +- scale_1(x1 << 15)))
 * mul: y = clamp(scale_y(x0 * x1))
 *
 * where each scale is a double-rounded requantisation.
 * No overflow: the multipliers of operands are at most 1/2, so each scaled operand is at most 2^29 and
 * their sum 2^30, and a product is at most 2^30; y_right >= 0, checked for every layer at compile time. */
#ifndef MOTE_ARITHMETIC_S16_H
#define MOTE_ARITHMETIC_S16_H

#include "mote_broadcast.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

static inline int16_t mote_scaled_s16(const mote_arithmetic_s16 *p, int32_t value)
{
    value = mote_requantize_double(value, p->y_multiplier, p->y_right);
    return mote_clamp_s16(value, p->y_min, p->y_max);
}

static inline int32_t mote_scaled_0_s16(const mote_arithmetic_s16 *p, int16_t x)
{
    return mote_requantize_double(x * (1 << 15), p->x0_multiplier, p->x0_right);
}

static inline int32_t mote_scaled_1_s16(const mote_arithmetic_s16 *p, int16_t x)
{
    return mote_requantize_double(x * (1 << 15), p->x1_multiplier, p->x1_right);
}

static inline void mote_add_row_s16(const mote_arithmetic_s16 *layer, const int16_t *a,
                                    const int16_t *b, uint32_t n, int16_t *y)
{
    const mote_arithmetic_s16 p = *layer; /* y may alias the struct in the compiler's eyes */
    for (; n > 0; n--) {
        *y++ = mote_scaled_s16(&p, mote_scaled_0_s16(&p, *a) + mote_scaled_1_s16(&p, *b));
        a += p.x0_step[3];
        b += p.x1_step[3];
    }
}

static inline void mote_subtract_row_s16(const mote_arithmetic_s16 *layer, const int16_t *a,
                                         const int16_t *b, uint32_t n, int16_t *y)
{
    const mote_arithmetic_s16 p = *layer;
    for (; n > 0; n--) {
        *y++ = mote_scaled_s16(&p, mote_scaled_0_s16(&p, *a) - mote_scaled_1_s16(&p, *b));
        a += p.x0_step[3];
        b += p.x1_step[3];
    }
}

static inline void mote_multiply_row_s16(const mote_arithmetic_s16 *layer, const int16_t *a,
                                         const int16_t *b, uint32_t n, int16_t *y)
{
    const mote_arithmetic_s16 p = *layer;
    for (; n > 0; n--) {
        *y++ = mote_scaled_s16(&p, *a * *b);
        a += p.x0_step[3];
        b += p.x1_step[3];
    }
}

#endif
