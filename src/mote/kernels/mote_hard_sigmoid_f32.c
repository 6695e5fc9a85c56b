/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = alpha * x + beta limited to 0..1.
 *
 * x, y: [elements] float; y may be x or start below it.
 * Scratch: none. Cost: the function once per element. */
#include "mote_map.h"

static inline float function(const mote_unary_float *p, float x)
{
    const float value = p->alpha * x + p->beta;
    return value < 0.0f ? 0.0f : value > 1.0f ? 1.0f : value;
}

void mote_hard_sigmoid_f32(const mote_unary_float *layer, const float *x, float *y)
{
    MOTE_MAP(function, layer, x, y)
}
