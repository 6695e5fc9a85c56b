/* SPDX-License-Identifier: Apache-2.0
 *
 * Averages of integers: sum / count, halves away from zero. */
#ifndef MOTE_AVERAGE_H
#define MOTE_AVERAGE_H

#include <stdint.h>

typedef struct {
    uint32_t count;
    uint32_t reciprocal; /* 0: divide */
} mote_divisor;

/* Counts of int8 up to this one divide by a multiplication. With r = ceil(2^24 / count) and
 * n <= 128.5 * count, n * r >> 24 is n / count exactly if n * count < 2^24, and n * r < 2^32. */
#define MOTE_LARGEST_RECIPROCAL 361u

/* Divides sums of count numbers from -128 to 127. */
static inline mote_divisor mote_divisor_s8(uint32_t count)
{
    const mote_divisor by = {
        count, count <= MOTE_LARGEST_RECIPROCAL ? ((1u << 24) + count - 1) / count : 0};
    return by;
}

/* Divides any sums. */
static inline mote_divisor mote_divisor_s16(uint32_t count)
{
    const mote_divisor by = {count, 0};
    return by;
}

/* No overflow: |sum| + count / 2 < 2^31. */
static inline int32_t mote_average(mote_divisor by, int32_t sum)
{
    const uint32_t n = (uint32_t)(sum < 0 ? -sum : sum) + by.count / 2;
    const int32_t average = (int32_t)(by.reciprocal != 0 ? (n * by.reciprocal) >> 24 : n / by.count);
    return sum < 0 ? -average : average;
}

#endif
