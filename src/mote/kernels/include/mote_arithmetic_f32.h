/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of the float32 sums, differences and products, clamped; the walk is in mote_broadcast.h. */
#ifndef MOTE_ARITHMETIC_F32_H
#define MOTE_ARITHMETIC_F32_H

#include "mote_broadcast.h"
#include "mote_dot_f32.h"
#include "mote_kernels_f32.h"

/* y may alias the struct in the compiler's eyes: what the loop needs is read before it. */
#define MOTE_ROW_F32(layer, a, operation, b, n, y)                                                   \
    const uint32_t a_step = (layer)->x0_step[3], b_step = (layer)->x1_step[3];                       \
    const float low = (layer)->y_min, high = (layer)->y_max;                                         \
    for (; (n) > 0; (n)--) {                                                                         \
        *(y)++ = mote_clamp_f32(*(a)operation *(b), low, high);                                      \
        (a) += a_step;                                                                               \
        (b) += b_step;                                                                               \
    }

static inline void mote_add_row_f32(const mote_binary_float *layer, const float *a, const float *b,
                                    uint32_t n, float *y)
{
    MOTE_ROW_F32(layer, a, +, b, n, y)
}

static inline void mote_subtract_row_f32(const mote_binary_float *layer, const float *a, const float *b,
                                         uint32_t n, float *y)
{
    MOTE_ROW_F32(layer, a, -, b, n, y)
}

static inline void mote_multiply_row_f32(const mote_binary_float *layer, const float *a, const float *b,
                                         uint32_t n, float *y)
{
    MOTE_ROW_F32(layer, a, *, b, n, y)
}

#endif
