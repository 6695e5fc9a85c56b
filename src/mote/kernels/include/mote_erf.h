/* SPDX-License-Identifier: Apache-2.0
 *
 * erf(x), and erfc(x) for x >= 0, in float32, from + - * / alone: the same bits on every core.
 *
 * erfc(x) = t exp(p(t) - x^2), t = 2 / (2 + x), with a polynomial p of least error; erf for small x has
 * one of its own. Error: of erf below 2^-23, of erfc below (2 + x^2) 2^-23 of the value. */
#ifndef MOTE_ERF_H
#define MOTE_ERF_H

#include "mote_exp.h"

static inline float mote_erfc(float x)
{
    const float t = 2.0f / (2.0f + x);
    float p = -0.73015124f + t * 0.1539526f;
    p = -0.067735985f + t * (0.049095962f + t * (-0.85202193f + t * (1.2732782f + t * p)));
    p = -1.2654762f + t * (0.9992072f + t * (0.3817052f + t * (0.058146331f + t * p)));
    return x > 11.0f ? 0.0f : t * mote_exp(p - x * x);
}

static inline float mote_erf_of(float x)
{
    const float size = x < 0.0f ? -x : x;
    float y;
    if (size < 1.0f) {
        const float z = x * x;
        y = 0.0051895352f + z * (-8.020841e-4f + z * 7.88912e-5f);
        y = -0.37612626f + z * (0.112836f + z * (-0.026854444f + z * y));
        return x * (1.1283791f + z * y);
    }
    y = 1.0f - mote_erfc(size);
    return x < 0.0f ? -y : y;
}

#endif
