/* SPDX-License-Identifier: Apache-2.0
 *
 * Which taps of a transposed convolution meet an input, for one dimension of one output.
 *
 * No overflow: all sizes have 16 bits, and at most 2^17 places lie in an output with its padding. */
#ifndef MOTE_SPREAD_H
#define MOTE_SPREAD_H

#include <stdint.h>

/* Taps first, first + step, ... before last read inputs at, at - back, ... */
typedef struct {
    int32_t first, last, step, at, back;
} mote_spread;

/* Tap k of output place (counted without the padding cut off) reads input i where
 * i * stride + k * dilation = place. Consecutive such taps are step apart, back inputs before each other. */
static inline mote_spread mote_meet(int32_t place, int32_t taps, int32_t stride, int32_t dilation,
                                    int32_t size)
{
    mote_spread met = {0, 0, 1, 0, 0};
    int32_t k = 0, rest = place;
    for (; k < taps && (rest % stride != 0 || rest / stride >= size) && rest >= 0; rest -= dilation)
        k++;
    if (k == taps || rest < 0)
        return met;
    met.first = k;
    met.at = rest / stride;
    /* The step: the least one that moves by whole inputs. */
    while ((uint32_t)met.step * (uint32_t)dilation % (uint32_t)stride != 0)
        met.step++;
    met.back = (int32_t)((uint32_t)met.step * (uint32_t)dilation / (uint32_t)stride);
    met.last = k + (met.at / met.back) * met.step + 1;
    if (met.last > taps)
        met.last = taps;
    return met;
}

/* The first input that this place, or a later one, may read; size when none does. */
static inline int32_t mote_first_met(int32_t place, int32_t taps, int32_t stride, int32_t dilation,
                                     int32_t size)
{
    const int32_t reach = place - (taps - 1) * dilation;
    const int32_t first = reach > 0 ? (reach + stride - 1) / stride : 0;
    return first < size ? first : size;
}

#endif
