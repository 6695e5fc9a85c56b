/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = x * (clamp(x + 3, 0, 6) / 6).
 *
 * x, y: [elements] float; y may be x or start below it.
 * Scratch: none. Cost: the function once per element. */
#include "mote_map.h"

static inline float function(const mote_unary_float *p, float x)
{
    (void)p;
    const float gate = x + 3.0f;
    return x * (gate < 0.0f ? 0.0f : gate > 6.0f ? 1.0f : gate / 6.0f);
}

void mote_hard_swish_f32(const mote_unary_float *layer, const float *x, float *y)
{
    MOTE_MAP(function, layer, x, y)
}
