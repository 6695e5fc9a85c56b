/* SPDX-License-Identifier: Apache-2.0
 *
 * tanh(x) and 1 / (1 + exp(-x)) in float32, from + - * / alone: the same bits on every core.
 *
 * tanh: a polynomial of least error for small x, else 1 - 2 / (exp(2 |x|) + 1).
 * Error: below 3 units in the last place. */
#ifndef MOTE_TANH_H
#define MOTE_TANH_H

#include "mote_exp.h"

static inline float mote_tanh(float x)
{
    const float size = x < 0.0f ? -x : x;
    float y = 1.0f;
    if (size < 0.6f) {
        const float z = x * x;
        const float tail = z * (0.020650707f + z * -0.0057171877f);
        return x + x * z * (-0.33333284f + z * (0.13331492f + z * -0.053743534f + z * tail));
    }
    if (!(size > 10.0f)) {
        y = 1.0f - 2.0f / (mote_exp(2.0f * size) + 1.0f);
    }
    return x < 0.0f ? -y : y;
}

static inline float mote_sigmoid_of(float x)
{
    const float small = mote_exp(x < 0.0f ? x : -x); /* of the side that does not overflow */
    return (x < 0.0f ? small : 1.0f) / (1.0f + small);
}

#endif
