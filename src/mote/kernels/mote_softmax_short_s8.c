/* SPDX-License-Identifier: Apache-2.0
 *
 * y[r,c] = clamp(round(256 * exp[c] / sum(exp)) - 128), exp[c] = exp(-beta * x_scale * (max(x[r]) - x[r,c]))
 *
 * As mote_softmax_s8 for few values, whose exponentials are computed where they are needed, twice: without a
 * table, 1 KiB of flash less. An exponent is the difference times multiplier * 2^(left - 31), in Q5.26; from
 * entries on, differences count as infinite.
 * x, y: [rows, columns] int8; y may be x or start below it.
 * Scratch: none. Cost: about 200 instructions per element, 100 per row.
 * No overflow: differences below entries times 2^left are at most 31 * 2^26, as in the reference; the sum is at
 * most columns * 2^19 < 2^31, as there are at most 64 values. */
#include "mote_exp_q31.h"
#include "mote_softmax_row.h"

/* Of a value d below the largest one, in Q0.31. */
MOTE_NOT_INLINE static int32_t exponential(const mote_softmax_short *layer, int32_t d)
{
    int32_t x;
    if (d >= layer->entries)
        return 0;
    x = -mote_multiply_q31(-(d * (1 << layer->left)), layer->multiplier);
    return x == 0 ? INT32_MAX : mote_exp_q31(x);
}

void mote_softmax_short_s8(const mote_softmax_short *layer, const int8_t *x, int8_t *y)
{
    const int32_t columns = layer->columns;
    for (uint32_t r = layer->rows; r > 0; r--) {
        const int32_t largest = mote_largest(x, (uint32_t)columns);
        mote_softmax_rule rule;
        uint32_t total = 0;
        for (int32_t c = 0; c < columns; c++)
            total += mote_summand(exponential(layer, largest - x[c]));
        rule = mote_softmax_divide(total, 0);
        for (int32_t c = 0; c < columns; c++)
            *y++ = mote_probability(rule, exponential(layer, largest - *x++));
    }
}
