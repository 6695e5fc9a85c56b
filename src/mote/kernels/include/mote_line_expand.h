/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights of the chained convolutions, expanded from bytes in flash into words in RAM.
 *
 * from: [fours][14 + taps] words: of each four channels A, B, C, D the first values of the sums, 4 words; [taps] words
 * whose bytes are the weights of A, B, C and D, the lowest first; and the table, 10 words.
 * to: [fours][14 + 2 * taps] words, as mote_line_job says: each tap becomes A + B * 2^21 and C + D * 2^21, the rest is
 * copied.
 * No overflow: |A + B * 2^21| <= 128 + 2^28.
 * Cost: about 2.5 cycles a weight. */
#ifndef MOTE_LINE_EXPAND_H
#define MOTE_LINE_EXPAND_H

#include <stdint.h>

#include "mote_chain_affine.h"
#include "mote_kernels.h"

#define MOTE_LINE_STARTS 4 /* words */
#define MOTE_LINE_TABLE 10

static inline int32_t mote_line_pair(int32_t a, int32_t b)
{
    return (int8_t)a + (int8_t)b * (1 << MOTE_LINE_SLOT);
}

MOTE_SHARED void mote_line_expand(const int32_t *from, int32_t *to, uint32_t fours, uint32_t taps)
{
    for (; fours > 0; fours--) {
        for (uint32_t i = 0; i < MOTE_LINE_STARTS; i++)
            *to++ = *from++;
        for (const int32_t *end = from + taps; from != end; to += 2) {
            const int32_t word = *from++;
            to[0] = mote_line_pair(word, word >> 8);
            to[1] = mote_line_pair(word >> 16, word >> 24);
        }
        for (uint32_t i = 0; i < MOTE_LINE_TABLE; i++)
            *to++ = *from++;
    }
}

/* Weights that the first call of a layer expands into the state, where the layer says so. */
static inline void mote_line_weights(const mote_conv_2d_line *layer, uint32_t taps, void *state, uint32_t call,
                                     mote_line_job *job)
{
    if (layer->expands) {
        job->weights = state;
        job->weights_end = job->weights + layer->fours * (2 * taps + 14);
        if (call == 0)
            mote_line_expand(layer->weights, state, layer->fours, taps);
    }
}

#endif
