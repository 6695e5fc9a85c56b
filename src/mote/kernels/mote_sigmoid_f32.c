/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = 1 / (1 + exp(-x)); the functions are in mote_tanh.h.
 *
 * x, y: [elements] float; y may be x or start below it.
 * Scratch: none. Cost: the function once per element. */
#include "mote_map.h"
#include "mote_tanh.h"

static inline float function(const mote_unary_float *p, float x)
{
    (void)p;
    return mote_sigmoid_of(x);
}

void mote_sigmoid_f32(const mote_unary_float *layer, const float *x, float *y)
{
    MOTE_MAP(function, layer, x, y)
}
