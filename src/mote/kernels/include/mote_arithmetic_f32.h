/* SPDX-License-Identifier: Apache-2.0
 *
 * The float32 sums, differences and products of the elementwise kernels, clamped. */
#ifndef MOTE_ARITHMETIC_F32_H
#define MOTE_ARITHMETIC_F32_H

#include "mote_broadcast.h"
#include "mote_dot_f32.h"
#include "mote_kernels_f32.h"

static inline float mote_add_one_f32(const mote_binary_float *p, float x0, float x1)
{
    return mote_clamp_f32(x0 + x1, p->y_min, p->y_max);
}

static inline float mote_subtract_one_f32(const mote_binary_float *p, float x0, float x1)
{
    return mote_clamp_f32(x0 - x1, p->y_min, p->y_max);
}

static inline float mote_multiply_one_f32(const mote_binary_float *p, float x0, float x1)
{
    return mote_clamp_f32(x0 * x1, p->y_min, p->y_max);
}

static inline void mote_add_all_f32(const mote_binary_float *layer, const float *x0, const float *x1,
                                    float *y)
{
    const mote_binary_float p = *layer; /* y may alias the struct in the compiler's eyes */
    MOTE_BROADCAST(float, mote_add_one_f32, &p, x0, x1, y)
}

static inline void mote_subtract_all_f32(const mote_binary_float *layer, const float *x0,
                                         const float *x1, float *y)
{
    const mote_binary_float p = *layer;
    MOTE_BROADCAST(float, mote_subtract_one_f32, &p, x0, x1, y)
}

static inline void mote_multiply_all_f32(const mote_binary_float *layer, const float *x0,
                                         const float *x1, float *y)
{
    const mote_binary_float p = *layer;
    MOTE_BROADCAST(float, mote_multiply_one_f32, &p, x0, x1, y)
}

#endif
