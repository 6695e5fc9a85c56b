/* SPDX-License-Identifier: Apache-2.0
 *
 * The int8 sums and differences: with two multiplications where that is exact (mote_add), as TFLite's ADD
 * and SUB compute them elsewhere (mote_add_general).
 *
 * mote_add: y[i] = clamp((x0[i] * x0_multiplier + x1[i] * x1_multiplier + offset) >> shift)
 * No overflow: 128 * (|x0_multiplier| + |x1_multiplier|) + |offset| < 2^31, checked for every layer at
 * compile time.
 *
 * mote_add_general: y = clamp(y_zero + scale_y(a + b)) or, subtracting, clamp(y_zero + scale_y(a - b)),
 * with a = scale_0((x0 - x0_zero) << 20) and b = scale_1((x1 - x1_zero) << 20),
 * where each scale is a double-rounded requantisation with a multiplier of at most 1/2 (operands).
 * No overflow: |x - x_zero| <= 255, so each scaled operand is at most 255 * 2^19 and their sum at
 * most 255 * 2^20 < 2^28; the scaled sum is bounded by the lowering of the layer. */
#ifndef MOTE_ADD_H
#define MOTE_ADD_H

#include "mote_broadcast.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_saturate.h"

#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE

/* Four sums at a time, the last ones predicated. */
static inline void mote_add_affine(const mote_add *layer, const int8_t *x0, const int8_t *x1, int8_t *y)
{
    __asm volatile("vdup.32 q2, %4\n\t"
                   "vdup.32 q3, %8\n\t"
                   "vdup.32 q4, %9\n\t"
                   "wlstp.32 lr, %3, 2f\n\t"
                   "1: vldrb.s32 q0, [%0], #4\n\t"
                   "vmlas.s32 q0, q2, %6\n\t" /* x0 * x0_multiplier + offset */
                   "vldrb.s32 q1, [%1], #4\n\t"
                   "vmla.s32 q0, q1, %5\n\t"
                   "vshl.s32 q0, %7\n\t"
                   "vmax.s32 q0, q0, q3\n\t"
                   "vmin.s32 q0, q0, q4\n\t"
                   "vstrb.32 q0, [%2], #4\n\t"
                   "letp lr, 1b\n\t"
                   "2:"
                   : "+l"(x0), "+l"(x1), "+l"(y)
                   : "r"(layer->elements), "r"(layer->x0_multiplier), "r"(layer->x1_multiplier),
                     "r"(layer->offset), "r"(-layer->shift), "r"((int32_t)layer->y_min),
                     "r"((int32_t)layer->y_max)
                   : "lr", "q0", "q1", "q2", "q3", "q4", "memory");
}

#else

static inline void mote_add_affine(const mote_add *layer, const int8_t *x0, const int8_t *x1,
                                   int8_t *y)
{
    const int32_t m0 = layer->x0_multiplier, m1 = layer->x1_multiplier, offset = layer->offset;
    const int32_t low = layer->y_min, high = layer->y_max;
    const int shift = layer->shift;
    uint32_t n = layer->elements;
    if (low == -128 && high == 127) {
        for (; n >= 4; n -= 4) {
            y[0] = mote_saturate_s8((x1[0] * m1 + (x0[0] * m0 + offset)) >> shift);
            y[1] = mote_saturate_s8((x1[1] * m1 + (x0[1] * m0 + offset)) >> shift);
            y[2] = mote_saturate_s8((x1[2] * m1 + (x0[2] * m0 + offset)) >> shift);
            y[3] = mote_saturate_s8((x1[3] * m1 + (x0[3] * m0 + offset)) >> shift);
            x0 += 4;
            x1 += 4;
            y += 4;
        }
    }
    for (; n > 0; n--) {
        *y++ = mote_clamp_s8((*x1++ * m1 + (*x0++ * m0 + offset)) >> shift, low, high);
    }
}

#endif

static inline int32_t mote_scaled_0(const mote_add_general *p, int8_t x)
{
    return mote_requantize_double((x - p->x0_zero) * (1 << 20), p->x0_multiplier, p->x0_right);
}

static inline int32_t mote_scaled_1(const mote_add_general *p, int8_t x)
{
    return mote_requantize_double((x - p->x1_zero) * (1 << 20), p->x1_multiplier, p->x1_right);
}

static inline int8_t mote_scaled_sum(const mote_add_general *p, int32_t sum)
{
    sum = mote_requantize_double(sum, p->y_multiplier, p->y_right) + p->y_zero;
    return mote_clamp_s8(sum, p->y_min, p->y_max);
}

static inline void mote_add_row(const mote_add_general *layer, const int8_t *a, const int8_t *b,
                                uint32_t n, int8_t *y)
{
    const mote_add_general p = *layer; /* y may alias the struct in the compiler's eyes */
    for (; n > 0; n--) {
        *y++ = mote_scaled_sum(&p, mote_scaled_0(&p, *a) + mote_scaled_1(&p, *b));
        a += p.x0_step[3];
        b += p.x1_step[3];
    }
}

static inline void mote_subtract_row(const mote_add_general *layer, const int8_t *a,
                                     const int8_t *b, uint32_t n, int8_t *y)
{
    const mote_add_general p = *layer;
    for (; n > 0; n--) {
        *y++ = mote_scaled_sum(&p, mote_scaled_0(&p, *a) - mote_scaled_1(&p, *b));
        a += p.x0_step[3];
        b += p.x1_step[3];
    }
}

#endif
