/* SPDX-License-Identifier: Apache-2.0
 *
 * Saturation to int8: one instruction from Armv7-M on, which compilers do not find by themselves. */
#ifndef MOTE_SATURATE_H
#define MOTE_SATURATE_H

#include <stdint.h>

static inline int8_t mote_saturate_s8(int32_t value)
{
#if defined(__ARM_FEATURE_SAT) && __ARM_FEATURE_SAT
    int32_t result;
    __asm("ssat %0, #8, %1" : "=r"(result) : "r"(value) : "cc");
    return (int8_t)result;
#else
    value = value < -128 ? -128 : value;
    return (int8_t)(value > 127 ? 127 : value);
#endif
}

#endif
