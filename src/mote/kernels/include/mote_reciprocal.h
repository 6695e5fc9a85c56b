/* SPDX-License-Identifier: Apache-2.0
 *
 * Reciprocals in fixed point, by Newton's method as in gemmlowp's one_over_one_plus_x_for_x_in_0_1. */
#ifndef MOTE_RECIPROCAL_H
#define MOTE_RECIPROCAL_H

#include <stdint.h>

#include "mote_dsp.h"
#include "mote_requantize.h"

/* round(a * b / 2^31), halves up; one function for the many places that multiply, as these are few products */
MOTE_NOT_INLINE static int32_t mote_multiply_q31(int32_t a, int32_t b)
{
    return mote_requantize_double(a, b, 0);
}

/* 2^31 / half for half in [2^30, 2^31), as Q0.31 of 1 / (2 * half): three Newton steps. */
static inline int32_t mote_reciprocal(int32_t half)
{
    int32_t estimate = 1515870810 + mote_multiply_q31(half, -1010580540); /* 48/17 - 32/17 * half, Q2.29 */
    for (int step = 0; step < 3; step++) {
        int32_t error = (1 << 29) - mote_multiply_q31(half, estimate);
        estimate += mote_multiply_q31(estimate, error) * 4;
    }
    return estimate >= 1 << 30 ? INT32_MAX : estimate * 2;
}

#endif
