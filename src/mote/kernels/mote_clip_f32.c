/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = x limited to alpha..beta; NaN stays NaN.
 *
 * x, y: [elements] float; y may be x or start below it.
 * Scratch: none. Cost: the function once per element. */
#include "mote_map.h"

static inline float function(const mote_unary_float *p, float x)
{
    return x < p->alpha ? p->alpha : x > p->beta ? p->beta : x;
}

void mote_clip_f32(const mote_unary_float *layer, const float *x, float *y)
{
    MOTE_MAP(function, layer, x, y)
}
