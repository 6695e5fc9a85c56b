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

/* 1: the core has no 32 x 32 -> 64 bit multiplication, four of 16 x 16 -> 32 bits are faster. */
#ifndef MOTE_NARROW_MULTIPLY
#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
#define MOTE_NARROW_MULTIPLY 1
#else
#define MOTE_NARROW_MULTIPLY 0
#endif
#endif

/* Entry of a table of 4-bit or 8-bit right shifts above a base. */
static inline int mote_right_shift(const uint8_t *shift, int base, unsigned bits, uint32_t channel)
{
    uint32_t at = channel * bits;
    return base + (int)(((unsigned)shift[at >> 3] >> (at & 7u)) & ((1u << bits) - 1u));
}

#define MOTE_HALF ((int32_t)1 << 30) /* of the high product's last bit */

/* (a * b + rounding) >> 31, with rounding 0 or MOTE_HALF. */
static inline int32_t mote_multiply_high(int32_t a, int32_t b, int32_t rounding)
{
#if MOTE_NARROW_MULTIPLY
    /* The low 16 bits of the product meet only zeros, so they are left out. No sum leaves int32:
     * |int16 * uint16| <= 2^31 - 2^15, of which positive ones by b are at most 2^31 - 2^16 - 2^15. */
    const int32_t a_high = a >> 16, b_high = b >> 16;
    const uint32_t a_low = (uint16_t)a, b_low = (uint16_t)b;
    const int32_t inner = a_high * (int32_t)b_low + (int32_t)((a_low * b_low) >> 16);
    const int32_t outer = (int32_t)a_low * b_high + (uint16_t)inner;
    return 2 * (a_high * b_high + (inner >> 16)) + ((outer + (rounding >> 16)) >> 15);
#else
    return (int32_t)(((int64_t)a * b + rounding) >> 31);
#endif
}

/* rounding: MOTE_HALF for double rounding, 0 for single. With right > 0, what the high product lost cannot
 * change the last rounding: floor(floor(v) / n) is floor(v / n). Adding half after all but one shift
 * cannot overflow. */
static inline int32_t mote_requantize(int32_t acc, int32_t multiplier, int right, int32_t rounding)
{
    const int is_left = right <= 0;
    int32_t high;
    if (is_left) {
        acc *= (int32_t)1 << -right;
        rounding = MOTE_HALF;
    }
    high = mote_multiply_high(acc, multiplier, rounding);
    if (is_left)
        return high;
    if (rounding)
        high += high >> 31; /* halves away from 0 */
    return ((high >> (right - 1)) + 1) >> 1;
}

static inline int32_t mote_requantize_double(int32_t acc, int32_t multiplier, int right)
{
    return mote_requantize(acc, multiplier, right, MOTE_HALF);
}

static inline int8_t mote_clamp_s8(int32_t value, int32_t low, int32_t high)
{
    value = value < low ? low : value;
    return (int8_t)(value > high ? high : value);
}

/* Clamps count results in place where int8 alone does not; returns their end. */
static inline int8_t *mote_clamp_results(int8_t *y, int32_t count, int32_t low, int32_t high)
{
    int8_t *const end = y + count;
    if (low > -128 || high < 127)
        for (; y != end; y++)
            *y = mote_clamp_s8(*y, low, high);
    return end;
}

static inline int16_t mote_clamp_s16(int32_t value, int32_t low, int32_t high)
{
    value = value < low ? low : value;
    return (int16_t)(value > high ? high : value);
}

#endif
