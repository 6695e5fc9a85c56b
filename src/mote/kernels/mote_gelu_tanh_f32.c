/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), computed as x * sigmoid of twice that; the
 * functions are in mote_tanh.h.
 *
 * x, y: [elements] float; y may be x or start below it.
 * Scratch: none. Cost: the function once per element. */
#include "mote_map.h"
#include "mote_tanh.h"

static inline float function(const mote_unary_float *p, float x)
{
    (void)p;
    return x * mote_sigmoid_of(1.59576912f * (x + 0.044715f * (x * x * x)));
}

void mote_gelu_tanh_f32(const mote_unary_float *layer, const float *x, float *y)
{
    MOTE_MAP(function, layer, x, y)
}
