/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums of products and the clamp, shared by the float32 kernels. */
#ifndef MOTE_DOT_F32_H
#define MOTE_DOT_F32_H

#include <stdint.h>

/* sum_i x[i] * w[i], in four partial sums: shorter chains round less, and wait less for each other. */
static inline float mote_dot_f32(const float *x, const float *w, int32_t count)
{
    float sum0 = 0.0f, sum1 = 0.0f, sum2 = 0.0f, sum3 = 0.0f;
    for (; count >= 4; count -= 4) {
        sum0 += x[0] * w[0];
        sum1 += x[1] * w[1];
        sum2 += x[2] * w[2];
        sum3 += x[3] * w[3];
        x += 4;
        w += 4;
    }
    for (; count > 0; count--) {
        sum0 += *x++ * *w++;
    }
    return (sum0 + sum1) + (sum2 + sum3);
}

/* NaN stays NaN. */
static inline float mote_clamp_f32(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

#endif
