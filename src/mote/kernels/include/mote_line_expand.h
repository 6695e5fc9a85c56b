/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights of the chained convolutions, expanded from bytes in flash into words in RAM.
 *
 * from: [fours][taps + 9] words: of each four channels A, B, C, D [taps] words whose bytes are the weights of A, B, C
 * and D, the lowest first; 4 words with 22 bits of p or q, then 10 bits of a constant; 4 words with a multiplier, then
 * a bit of the constant; 4 bytes with the upper 8 bits of the constants. Where expands is 2, the places of all channels
 * in a pixel follow, a byte each; else each four are neighbours, the last four the last channels.
 * to: [fours][14 + 2 * taps] words, as mote_line_job says: each tap becomes A + B * 2^21 and C + D * 2^21, sums start at
 * (p + q * 2^21) * (1 + 2^21) modulo 2^64, the rest goes where it belongs.
 * No overflow: |A + B * 2^21| <= 128 + 2^28; |p + q * 2^21| < 2^43.
 * Cost: about 2.5 cycles a weight, 40 a channel. */
#ifndef MOTE_LINE_EXPAND_H
#define MOTE_LINE_EXPAND_H

#include <stdint.h>

#include "mote_chain_affine.h"
#include "mote_kernels.h"

static inline int32_t mote_line_pair(int32_t a, int32_t b)
{
    return (int8_t)a + (int8_t)b * (1 << MOTE_LINE_SLOT);
}

MOTE_SHARED void mote_line_expand(const mote_conv_2d_line *layer, int32_t *to, uint32_t taps)
{
    const int32_t *from = layer->weights, *const end = from + layer->fours * (taps + 9);
    const uint8_t *places = (const uint8_t *)end;
    const int32_t last = layer->y_channels - 4;
    int32_t place = 0;
    for (; from != end; from += 9, place += 4) {
        int32_t *start = to;
        to += 4;
        for (uint32_t i = taps; i > 0; i--, to += 2) {
            const int32_t word = *from++;
            to[0] = mote_line_pair(word, word >> 8);
            to[1] = mote_line_pair(word >> 16, word >> 24);
        }
        const int8_t *const upper = (const int8_t *)(from + 8);
        int32_t way = (place < last ? place : last) + 0x10000, before = 0;
        for (uint32_t i = 0; i < 4; i += 2, to += 5) {
            uint64_t sums = (uint64_t)((from[i] >> 10) + (int64_t)(from[i + 1] >> 10) * (1 << MOTE_LINE_SLOT));
            sums += sums << MOTE_LINE_SLOT;
            *start++ = (int32_t)(uint32_t)sums;
            *start++ = (int32_t)(uint32_t)(sums >> 32);
            if (layer->expands > 1) {
                way = ((places[0] - before) & 0xffff) + (places[1] - places[0]) * 0x10000;
                before = places[1];
                places += 2;
            }
            to[2] = way;
            way = 0x10001;
            for (uint32_t k = 0; k < 2; k++) {
                const int32_t line = from[i + k + 4];
                to[3 * k] = (int32_t)((uint32_t)line >> 1);
                to[3 * k + 1] = upper[i + k] * 2048 + (line & 1) * 1024 + (from[i + k] & 1023);
            }
        }
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
            mote_line_expand(layer, state, taps);
    }
}

#endif
