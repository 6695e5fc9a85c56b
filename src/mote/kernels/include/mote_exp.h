/* SPDX-License-Identifier: Apache-2.0
 *
 * exp(x) and exp(x) - 1 in float32, from + - * alone: the same bits on every core.
 *
 * x = n ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite, "Software Manual for the Elementary Functions",
 * 1980, chapter 6: ln 2 in two parts, the first short enough for an exact product with n), and a
 * polynomial of least error for (exp(r) - 1 - r) / r^2. Error: below 2 units in the last place. */
#ifndef MOTE_EXP_H
#define MOTE_EXP_H

#include <stdint.h>

/* 2^n for -126 <= n <= 127. */
static inline float mote_power_of_two(int32_t n)
{
    union {
        uint32_t bits;
        float value;
    } power;
    power.bits = (uint32_t)(n + 127) << 23;
    return power.value;
}

/* exp(r) - 1 for |r| <= ln 2 / 2. */
static inline float mote_exp_near_zero(float r)
{
    const float tail = 0.0083689084f + r * 0.0013950522f;
    return r + r * r * (0.5f + r * (0.16666518f + r * (0.041666206f + r * tail)));
}

static inline float mote_exp(float x)
{
    int32_t n, half;
    float r;
    if (!(x < 89.0f)) {
        return x * 3.4e38f; /* infinity, or NaN */
    }
    if (x < -104.0f) {
        return 0.0f;
    }
    n = (int32_t)(x * 1.442695041f + (x < 0.0f ? -0.5f : 0.5f));
    r = (x - (float)n * 0.693359375f) + (float)n * 2.12194440e-4f;
    half = n / 2; /* in two steps: 2^n itself may be infinite, or not normal */
    return (1.0f + mote_exp_near_zero(r)) * mote_power_of_two(half) * mote_power_of_two(n - half);
}

static inline float mote_exp_less_one(float x)
{
    return x > -0.34f && x < 0.34f ? mote_exp_near_zero(x) : mote_exp(x) - 1.0f;
}

#endif
