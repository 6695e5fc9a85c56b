/* SPDX-License-Identifier: Apache-2.0
 *
 * The square root of a float32, rounded to nearest: the instruction where there is one, else digit by
 * digit; the same bits on every core. */
#ifndef MOTE_SQRT_H
#define MOTE_SQRT_H

#include <stdint.h>

static inline float mote_sqrt(float x)
{
#if defined(__GNUC__) && defined(__ARM_FP) && (__ARM_FP & 4)
    float y;
    __asm("vsqrt.f32 %0, %1" : "=t"(y) : "t"(x));
    return y;
#else
    union {
        uint32_t bits;
        float value;
    } number;
    uint32_t rest, root = 0, square;
    int32_t exponent = 0;
    if (!(x > 0.0f) || !(x <= 3.4028235e38f)) {
        return x >= 0.0f || x != x ? x : (x - x) / (x - x);
    }
    if (x < 1.17549435e-38f) { /* not normal */
        x *= 16777216.0f;
        exponent = -24;
    }
    number.value = x;
    exponent += (int32_t)(number.bits >> 23) - 127;
    rest = (number.bits & 0x7fffffu) | 0x800000u; /* x = rest * 2^(exponent - 23) */
    if (exponent & 1) {
        rest *= 2;
        exponent--;
    }
    /* 25 bits, the last for rounding: from the top, one a turn. */
    rest *= 2;
    square = 0;
    for (uint32_t bit = 1u << 24; bit != 0; bit >>= 1) {
        const uint32_t trial = square + bit;
        if (rest >= trial) {
            rest -= trial;
            square = trial + bit;
            root += bit;
        }
        rest *= 2;
    }
    root = (root + 1) >> 1; /* none lies halfway: such a root's square has more bits than x */
    number.bits = ((uint32_t)(exponent / 2 + 127) << 23) + (root - 0x800000u);
    return number.value;
#endif
}

#endif
