/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = x * P(X <= x) for X of the standard normal distribution; the functions are in mote_erf.h.
 *
 * x, y: [elements] float; y may be x or start below it.
 * Scratch: none. Cost: the function once per element. */
#include "mote_erf.h"
#include "mote_map.h"

static inline float function(const mote_unary_float *p, float x)
{
    (void)p;
    const float rest = 0.5f * x * mote_erfc(0.707106781f * (x < 0.0f ? -x : x));
    return x < 0.0f ? rest : x > 14.0f ? x : x - rest;
}

void mote_gelu_f32(const mote_unary_float *layer, const float *x, float *y)
{
    MOTE_MAP(function, layer, x, y)
}
