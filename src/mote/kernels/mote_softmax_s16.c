/* SPDX-License-Identifier: Apache-2.0
 *
 * y[r,c] = round(2^15 * exp(d) / sum over row of exp(d)), d = beta * x_scale * (x[r,c] - max(x[r]))
 *
 * Exponentials, Q0.15, and the reciprocal of the sum come from tables, interpolated; d is cut at -10 and
 * counts in 10 / 65535: the difference times multiplier * 2^(-31 - right), double rounding.
 * x, y: [rows, columns] int16; y may be x or start below it. y holds the exponentials in between.
 * Scratch: none. Cost: three multiplications per element, one per row.
 * No overflow: differences are above -2^16 and 2^(16 - right) < 2^31, and the sum is at most
 * columns * 2^15 < 2^31, checked for every layer at compile time. The greatest exponential is above 2^14,
 * so the product of two values in Q0.15 and half of 2^right stay below 2^31. */
#include "mote_interpolate.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_softmax_tables.h"

/* table at x, or at the nearest int16 */
static inline int32_t lookup(const int16_t *table, int32_t x)
{
    return mote_interpolate(table, mote_clamp_s16(x, -32768, 32767));
}

void mote_softmax_s16(const mote_softmax_int16 *layer, const int16_t *x, int16_t *y)
{
    const mote_softmax_int16 p = *layer; /* y may alias the struct in the compiler's eyes */
    for (uint32_t r = 0; r < p.rows; r++) {
        uint32_t total = 0;
        int32_t inverse, largest = -32768;
        int right = 30;
        for (uint32_t c = 0; c < p.columns; c++) {
            largest = x[c] > largest ? x[c] : largest;
        }
        for (uint32_t c = 0; c < p.columns; c++) {
            const int32_t d = mote_requantize_double(x[c] - largest, p.multiplier, p.right);
            const int32_t power = lookup(mote_exponentials, d + 32767);
            y[c] = (int16_t)power;
            total += (uint32_t)power;
        }
        while (total < 1u << 30) {
            total <<= 1;
            right--;
        }
        /* total is 1 to 2 in Q1.30; the table takes -32768 for 1, 32767 for 2. */
        inverse = (int32_t)((total + (1u << 13)) >> 14) - (1 << 16) - (1 << 15);
        inverse = lookup(mote_reciprocals, inverse);
        for (uint32_t c = 0; c < p.columns; c++) {
            const int32_t probability = (y[c] * inverse + (1 << (right - 1))) >> right;
            y[c] = mote_clamp_s16(probability, 0, 32767);
        }
        x += p.columns;
        y += p.columns;
    }
}
