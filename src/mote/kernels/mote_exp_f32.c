/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = exp(x); the functions are in mote_exp.h.
 *
 * x, y: [elements] float; y may be x or start below it.
 * Scratch: none. Cost: the function once per element. */
#include "mote_exp.h"
#include "mote_map.h"

static inline float function(const mote_unary_float *p, float x)
{
    (void)p;
    return mote_exp(x);
}

void mote_exp_f32(const mote_unary_float *layer, const float *x, float *y)
{
    MOTE_MAP(function, layer, x, y)
}
