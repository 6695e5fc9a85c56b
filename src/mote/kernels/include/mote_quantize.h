/* SPDX-License-Identifier: Apache-2.0
 *
 * float32 to integers, shared by the mote_quantize_f32 kernels.
 *
 * The integer nearest to q, halves away from zero, saturated to [low, high]; NaN becomes low.
 * low and high are at most 2^16 from zero, where float32 holds every integer and half exactly. */
#ifndef MOTE_QUANTIZE_H
#define MOTE_QUANTIZE_H

#include <stdint.h>

static inline int32_t mote_round_saturated(float q, int32_t low, int32_t high)
{
    int32_t whole;
    float rest;
    if (!(q > (float)low)) { /* true for NaN too */
        return low;
    }
    if (q >= (float)high) {
        return high;
    }
    whole = (int32_t)q; /* towards zero */
    rest = q - (float)whole;
    return rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
}

#endif
