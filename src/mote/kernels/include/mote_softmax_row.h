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

/* How an exponential becomes a probability. */
typedef struct {
    int32_t scale;
    int right;
} mote_softmax_rule;

/* The sum of the row is total * 2^more in Q12.19. */
static inline mote_softmax_rule mote_softmax_divide(uint32_t total, int more)
{
    mote_softmax_rule rule = {0, 31 - 8 + MOTE_SUM_INTEGER_BITS + more};
    while (total < 0x80000000u) {
        total <<= 1;
        rule.right--;
    }
    if (rule.right > 31)
        rule.right = 31; /* all probabilities round to 0 */
    else
        rule.scale = mote_reciprocal((int32_t)(total >> 1));
    return rule;
}

static inline int8_t mote_probability(mote_softmax_rule rule, int32_t exponential)
{
    return mote_clamp_s8(mote_requantize_double(rule.scale, exponential, rule.right) - 128, -128, 127);
}

static inline void mote_probabilities(const mote_softmax *layer, const int8_t *x, int8_t *y,
                                      int32_t largest, uint32_t total, int more)
{
    const int32_t *exponentials = layer->exponentials;
    const uint32_t entries = layer->entries;
    const mote_softmax_rule rule = mote_softmax_divide(total, more);
    for (uint32_t c = layer->columns; c > 0; c--) {
        uint32_t d = (uint32_t)(largest - *x++);
        *y++ = d < entries ? mote_probability(rule, exponentials[d]) : -128;
    }
}

#endif
