/* SPDX-License-Identifier: Apache-2.0
 *
 * What the int8 softmaxes share: the greatest value of a row, and probabilities from its sum. */
#ifndef MOTE_SOFTMAX_ROW_H
#define MOTE_SOFTMAX_ROW_H

#include "mote_kernels.h"
#include "mote_reciprocal.h"

#define MOTE_SUM_INTEGER_BITS 12

static inline int32_t mote_largest(const int8_t *x, uint32_t count)
{
    int32_t largest = -128;
    for (const int8_t *end = x + count; x != end; x++) {
        largest = *x > largest ? *x : largest;
    }
    return largest;
}

/* An exponential in Q0.31 as Q12.19, rounded. */
static inline uint32_t mote_summand(int32_t exponential)
{
    return ((uint32_t)exponential + (1u << (MOTE_SUM_INTEGER_BITS - 1))) >> MOTE_SUM_INTEGER_BITS;
}

/* The sum of the row is total * 2^more in Q12.19. */
static inline void mote_probabilities(const mote_softmax *layer, const int8_t *x, int8_t *y,
                                      int32_t largest, uint32_t total, int more)
{
    const int32_t *exponentials = layer->exponentials;
    uint32_t entries = layer->entries;
    int right = 31 - 8 + MOTE_SUM_INTEGER_BITS + more;
    int32_t scale;
    while (total < 0x80000000u) {
        total <<= 1;
        right--;
    }
    if (right > 31) {
        entries = 0; /* all probabilities round to 0 */
    }
    scale = mote_reciprocal((int32_t)(total >> 1));
    for (uint32_t c = layer->columns; c > 0; c--) {
        uint32_t d = (uint32_t)(largest - *x++);
        int32_t probability = 0;
        if (d < entries) {
            probability = mote_requantize_double(scale, exponentials[d], right);
        }
        *y++ = mote_clamp_s8(probability - 128, -128, 127);
    }
}

#endif
