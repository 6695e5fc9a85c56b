/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = x where x > 0, else alpha * (exp(x) - 1); the functions are in mote_exp.h.
 *
 * x, y: [elements] float; y may be x or start below it.
 * Scratch: none. Cost: the function once per element. */
#include "mote_exp.h"
#include "mote_map.h"

static inline float function(const mote_unary_float *p, float x)
{
    return x > 0.0f ? x : p->alpha * mote_exp_less_one(x);
}

void mote_elu_f32(const mote_unary_float *layer, const float *x, float *y)
{
    MOTE_MAP(function, layer, x, y)
}
