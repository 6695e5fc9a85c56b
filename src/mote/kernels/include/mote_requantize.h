/* SPDX-License-Identifier: Apache-2.0
 *
 * From int32 accumulators to int8: the rounding rules, portable.
 *
 * requantize(acc) = acc * multiplier * 2^(-31 - right), rounded
 *   double: high half of the doubled product, halves up; then divided by 2^right, halves away from 0
 *   single: once, halves up
 *
 * Right shifts of negative numbers are arithmetic on every compiler that Mote supports.
 * No overflow: |acc| * 2^max(-right, 0) < 2^31 and |result| + 128 < 2^31, checked for every layer
 * at compile time. */
#ifndef MOTE_REQUANTIZE_H
#define MOTE_REQUANTIZE_H

#include <stdint.h>

/* Entry of a table of 4-bit or 8-bit right shifts above a base. */
static inline int mote_right_shift(const uint8_t *shift, int base, unsigned bits, uint32_t channel)
{
    uint32_t at = channel * bits;
    return base + (int)(((unsigned)shift[at >> 3] >> (at & 7u)) & ((1u << bits) - 1u));
}

static inline int32_t mote_requantize_double(int32_t acc, int32_t multiplier, int right)
{
    int32_t high, mask, rest;
    if (right < 0) {
        acc *= (int32_t)1 << -right;
        right = 0;
    }
    high = (int32_t)(((int64_t)acc * multiplier + ((int64_t)1 << 30)) >> 31);
    mask = (int32_t)(((uint32_t)1 << right) - 1u);
    rest = high & mask;
    return (high >> right) + (rest > (mask >> 1) + (high < 0));
}

static inline int32_t mote_requantize_single(int32_t acc, int32_t multiplier, int right)
{
    int total = 31 + right;
    return (int32_t)(((int64_t)acc * multiplier + ((int64_t)1 << (total - 1))) >> total);
}

static inline int32_t mote_requantize(int32_t acc, int32_t multiplier, int right, int is_double)
{
    return is_double ? mote_requantize_double(acc, multiplier, right)
                     : mote_requantize_single(acc, multiplier, right);
}

static inline int8_t mote_clamp_s8(int32_t value, int32_t low, int32_t high)
{
    value = value < low ? low : value;
    return (int8_t)(value > high ? high : value);
}

#endif
