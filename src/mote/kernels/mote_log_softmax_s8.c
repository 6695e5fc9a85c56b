/* SPDX-License-Identifier: Apache-2.0
 *
 * y[r,c] = clamp(round(16 * (d - log(sum over row of exp(d)))) + 127), d = x_scale * (x[r,c] - max(x[r]))
 *
 * exponentials: exp(-x_scale * i) in Q0.31 for i = 0 .. entries - 1; from there on it adds nothing to
 * the sum, which is Q12.19. Differences beyond most are below -16, where y is -128.
 * d is Q5.26: the difference times multiplier * 2^(left - 31). The logarithm is Q5.26 and made of a quotient
 * of polynomials, as in TFLite's log_x_for_x_greater_than_or_equal_to_1.
 * x, y: [rows, columns] int8; y may be x or start below it.
 * Scratch: none. Cost: one multiplication per element, thirty per row.
 * No overflow: the sum is at most columns * 2^19 < 2^31, and |d| <= 16 and the logarithm below 9 in Q5.26
 * are below 2^31 together, checked for every layer at compile time. */
#include "mote_softmax_row.h"

#define SQRT_HALF 1518500250 /* Q0.31, as the next ones */
#define FOURTH_ROOT_HALF 1805811301
#define LOG_2 1488522236
#define ALPHA_N 117049297  /* 11/240 * 2^(1/4) */
#define ALPHA_D 127690142  /* 1/20 * 2^(1/4) */
#define ALPHA_I 1057819769 /* 2^(3/4) - 2^(1/4) */
#define ALPHA_F 638450708  /* 1/4 * 2^(1/4) */
#define QUARTER (1 << 23)  /* Q6.25 */

/* Leading zeros of x > 0. */
static inline int leading_zeros(uint32_t x)
{
    int zeros = 0;
    for (; x < 0x80000000u; x <<= 1) {
        zeros++;
    }
    return zeros;
}

/* log(total) in Q5.26 for total >= 1 in Q12.19: total = r * 2^n by two candidates, n in Q6.25. */
static inline int32_t logarithm(int32_t total)
{
    const int zeros = leading_zeros((uint32_t)total);
    const int zeros_b = leading_zeros((uint32_t)mote_multiply_q31(total, SQRT_HALF)) - 1;
    const int32_t high = mote_multiply_q31(total * (1 << (zeros - 1)), SQRT_HALF);
    const int32_t r_a = high >= 1 << 30 ? INT32_MAX : high * 2;
    const int32_t r_b = (uint32_t)total >> (31 - zeros_b) ? INT32_MAX : total * (1 << zeros_b);
    const int32_t n_a = (MOTE_SUM_INTEGER_BITS - zeros) * (1 << 25) + QUARTER;
    const int32_t n_b = (MOTE_SUM_INTEGER_BITS - zeros_b) * (1 << 25) - QUARTER;
    const int32_t r = r_a < r_b ? r_a : r_b;
    const int32_t n = n_a > n_b ? n_a : n_b;
    const int32_t p = (int32_t)(((uint32_t)r + FOURTH_ROOT_HALF + 1u) >> 1);
    const int32_t q = 2 * (r - FOURTH_ROOT_HALF);
    const int32_t square = mote_multiply_q31(q, q);
    const int32_t cubic = mote_multiply_q31(mote_multiply_q31(q, square), ALPHA_N);
    const int32_t numerator = mote_multiply_q31(q, r) + cubic;
    const int32_t inner = ALPHA_I + q + mote_multiply_q31(ALPHA_D, square);
    const int32_t denominator = mote_multiply_q31(p, inner) + mote_multiply_q31(ALPHA_F, q);
    const int32_t inverse = mote_reciprocal((int32_t)(((uint32_t)denominator + 0x80000000u) >> 1));
    const int32_t coarse = (numerator + (numerator >> 31) + 32) >> 6; /* halves away from 0, Q6.25 */
    const int32_t fraction = mote_multiply_q31(coarse, inverse);
    return (mote_multiply_q31(n, LOG_2) + fraction) * 2;
}

void mote_log_softmax_s8(const mote_log_softmax *layer, const int8_t *x, int8_t *y)
{
    const mote_log_softmax p = *layer; /* y may alias the struct in the compiler's eyes */
    for (uint32_t r = 0; r < p.rows; r++) {
        const int32_t largest = mote_largest(x, p.columns);
        uint32_t total = 0;
        int32_t log_of_total;
        for (uint32_t c = 0; c < p.columns; c++) {
            const uint32_t d = (uint32_t)(largest - x[c]);
            if (d < p.entries) {
                total += mote_summand(p.exponentials[d]);
            }
        }
        log_of_total = logarithm((int32_t)total);
        for (uint32_t c = 0; c < p.columns; c++) {
            const int32_t d = x[c] - largest;
            int32_t steps = -255;
            if (d >= -(int32_t)p.most) {
                const int32_t real = mote_requantize_double(d, p.multiplier, -p.left) - log_of_total;
                steps = (real + (real >> 31) + (1 << 21)) >> 22; /* halves away from 0 */
            }
            y[c] = mote_clamp_s8(steps + 127, -128, 127);
        }
        x += p.columns;
        y += p.columns;
    }
}
