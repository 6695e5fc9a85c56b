/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = log(1 + exp(x)); the functions are in mote_exp.h and mote_log.h.
 *
 * x, y: [elements] float; y may be x or start below it.
 * Scratch: none. Cost: the function once per element. */
#include "mote_exp.h"
#include "mote_log.h"
#include "mote_map.h"

static inline float function(const mote_unary_float *p, float x)
{
    (void)p;
    const float rest = mote_log_above_one(mote_exp(x < 0.0f ? x : -x));
    return x < 0.0f ? rest : x + rest;
}

void mote_softplus_f32(const mote_unary_float *layer, const float *x, float *y)
{
    MOTE_MAP(function, layer, x, y)
}
