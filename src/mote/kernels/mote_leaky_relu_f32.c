/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = x where x >= 0, else alpha * x.
 *
 * x, y: [elements] float; y may be x or start below it.
 * Scratch: none. Cost: the function once per element. */
#include "mote_map.h"

static inline float function(const mote_unary_float *p, float x)
{
    return x >= 0.0f ? x : p->alpha * x;
}

void mote_leaky_relu_f32(const mote_unary_float *layer, const float *x, float *y)
{
    MOTE_MAP(function, layer, x, y)
}
