/* SPDX-License-Identifier: Apache-2.0
 *
 * log(x) and log(1 + x) in float32, from + - * / alone: the same bits on every core.
 *
 * log m = 2 atanh(s) with s = (m - 1) / (m + 1), a polynomial of least error for what follows the first
 * term of its series. Error: below 3 units in the last place. */
#ifndef MOTE_LOG_H
#define MOTE_LOG_H

#include <stdint.h>

/* 2 atanh(s) for |s| <= 1/3. */
static inline float mote_log_of_ratio(float s)
{
    const float z = s * s;
    const float tail = z * (0.28616884f + z * (0.21427657f + z * 0.24300937f));
    return 2.0f * s + s * z * (0.66666675f + z * 0.39998877f + z * tail);
}

/* log(1 + x) for 0 <= x <= 1. */
static inline float mote_log_above_one(float x)
{
    return mote_log_of_ratio(x / (2.0f + x));
}

static inline float mote_log(float x)
{
    union {
        uint32_t bits;
        float value;
    } m;
    float n = 0.0f;
    if (!(x > 0.0f)) {
        return x == 0.0f ? -1.0f / (x * x) : (x - x) / (x - x);
    }
    if (!(x <= 3.4028235e38f)) {
        return x;
    }
    if (x < 1.17549435e-38f) { /* not normal */
        x *= 8388608.0f;
        n = -23.0f;
    }
    m.value = x;
    m.bits -= 0x3f3504f3u; /* sqrt(1/2): m becomes x / 2^n within [sqrt(1/2), sqrt(2)) */
    n += (float)((int32_t)m.bits >> 23);
    m.bits = (m.bits & 0x7fffffu) + 0x3f3504f3u;
    x = mote_log_of_ratio((m.value - 1.0f) / (m.value + 1.0f));
    return n * 0.693359375f + (x - n * 2.12194440e-4f);
}

#endif
