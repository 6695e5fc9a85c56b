/* SPDX-License-Identifier: Apache-2.0
 *
 * Exponentials in fixed point, as gemmlowp's exp_on_negative_values: a polynomial of degree 4 on [-1/4, 0) times
 * powers of exp(-1/4). About 100 instructions, and 10 for each bit that is set in the integer part of 4 * x. */
#ifndef MOTE_EXP_Q31_H
#define MOTE_EXP_Q31_H

#include <stdint.h>

#include "mote_dsp.h"
#include "mote_reciprocal.h"

/* exp(-x) in Q0.31 for x > 0 in Q5.26. */
static inline int32_t mote_exp_q31(int32_t x)
{
    static const int32_t powers[7] = {/* exp(-1/4), exp(-1/2), exp(-1), ... exp(-16) */
                                      1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t eighth = 1895147668; /* exp(-1/8) */
    const uint32_t quarters = (uint32_t)(x - 1) >> 24;
    const int32_t a = ((int32_t)(quarters << 24) - x) * 32 + (1 << 28);
    const int32_t a2 = mote_multiply_q31(a, a), a3 = mote_multiply_q31(a2, a), a4 = mote_multiply_q31(a2, a2);
    const int32_t cubic = mote_multiply_q31(((a4 + 2) >> 2) + a3, 715827883) + a2; /* a4 >= 0 */
    const int32_t series = a + ((cubic + 1 + (cubic >> 31)) >> 1);               /* halves away from 0 */
    const int32_t *power = powers;
    int32_t result = eighth + mote_multiply_q31(eighth, series);
    for (uint32_t left = quarters; left; left >>= 1, power++)
        if (left & 1u)
            result = mote_multiply_q31(result, *power);
    return result;
}

#endif
