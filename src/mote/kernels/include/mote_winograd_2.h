/* SPDX-License-Identifier: Apache-2.0
 *
 * The transforms of Winograd's F(2 x 2, 3 x 3): 4 x 4 inputs and 16 products give 2 x 2 results.
 *
 * With the points 0, 1, -1 and infinity (Lavin and Gray 2016, "Fast algorithms for convolutional neural
 * networks", section 4.1), and weights that are transformed by twice their matrix on both sides:
 *   B' = (1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1), G = (2 0 0; 1 1 1; 1 -1 1; 0 0 2), A' = (1 1 1 0; 0 1 -1 -1)
 * a sum comes out as 4 times what it is.
 *
 * No overflow: |B' x B| <= 4 * 128 and |G w G'| <= 9 * 128, so both fit int16. A sum is right modulo 2^32;
 * 4 * |sum + bias| < 2^31, checked at compile time, makes it exact. */
#ifndef MOTE_WINOGRAD_2_H
#define MOTE_WINOGRAD_2_H

#include "mote_dsp.h"
#include "mote_winograd_finish.h"

#define MOTE_WINOGRAD_2_POSITIONS 16

/* B' times a column of the patch of two channels. */
static inline void mote_winograd_column_2(const int8_t *x, intptr_t step, int odd, uint32_t *d)
{
    uint32_t d0 = mote_read32(x), d1 = mote_read32(x + step);
    uint32_t d2 = mote_read32(x + 2 * step), d3 = mote_read32(x + 3 * step);
    d0 = odd ? mote_sxtb16_ror8(d0) : mote_sxtb16(d0);
    d1 = odd ? mote_sxtb16_ror8(d1) : mote_sxtb16(d1);
    d2 = odd ? mote_sxtb16_ror8(d2) : mote_sxtb16(d2);
    d3 = odd ? mote_sxtb16_ror8(d3) : mote_sxtb16(d3);
    d[0] = mote_ssub16(d0, d2);
    d[1] = mote_sadd16(d1, d2);
    d[2] = mote_ssub16(d2, d1);
    d[3] = mote_ssub16(d1, d3);
}

/* One word (two channels) of all positions, each step words after the one before. */
static inline void mote_winograd_word_2(const int8_t *x, intptr_t row_step, int32_t pixel_step, int odd,
                                        uint32_t *v, uint32_t step)
{
    uint32_t a[4], b[4], c[4];
    uint32_t *to = v;
    mote_winograd_column_2(x, row_step, odd, a);
    mote_winograd_column_2(x + 2 * pixel_step, row_step, odd, c);
    for (int i = 0; i < 4; i++, to += 4 * step)
        *to = mote_ssub16(a[i], c[i]);
    mote_winograd_column_2(x + pixel_step, row_step, odd, b);
    to = v + step;
    for (int i = 0; i < 4; i++, to += 3 * step) {
        *to = mote_sadd16(b[i], c[i]);
        to += step;
        *to = mote_ssub16(c[i], b[i]);
    }
    mote_winograd_column_2(x + 3 * pixel_step, row_step, odd, a);
    to = v + 3 * step;
    for (int i = 0; i < 4; i++, to += 4 * step)
        *to = mote_ssub16(b[i], a[i]);
}

/* The patch of a tile. x: its first pixel; steps: bytes from row to row, from pixel to pixel. v: the tile's
 * word of position 0. */
MOTE_NOT_INLINE static void mote_winograd_input_2(const int8_t *x, intptr_t row_step, int32_t pixel_step,
                                                  uint32_t fours, uint32_t *v)
{
    const uint32_t step = 8 * fours;
    for (; fours > 0; fours--, x += 4) {
        mote_winograd_word_2(x, row_step, pixel_step, 0, v, step);
        mote_winograd_word_2(x, row_step, pixel_step, 1, v + 4, step);
        v += 8;
    }
}

/* The results of count tiles in one channel; y: first pixels of each. Sums of a position stand 8 words after
 * those of the one before, of a tile 2 words. */
MOTE_NOT_INLINE static void mote_winograd_output_2(uint32_t *sums, const mote_winograd_channel *from,
                                                   int8_t *const *y, uint32_t count)
{
    const mote_winograd_channel channel = *from;
    for (int8_t *const *end = y + count; y != end; y++, sums += 2) {
        uint32_t top[4], bottom[4];
        int8_t *to = *y + channel.place;
        sums[40] += channel.start;
        for (int j = 0; j < 4; j++) {
            const uint32_t m0 = sums[8 * j], m1 = sums[8 * j + 32], m2 = sums[8 * j + 64];
            top[j] = m0 + m1 + m2;
            bottom[j] = m1 - m2 - sums[8 * j + 96];
        }
        to[0] = mote_winograd_finish((int32_t)(top[0] + top[1] + top[2]) >> 1, &channel);
        to[channel.pixel_step] = mote_winograd_finish((int32_t)(top[1] - top[2] - top[3]) >> 1, &channel);
        to += channel.row_step;
        to[0] = mote_winograd_finish((int32_t)(bottom[0] + bottom[1] + bottom[2]) >> 1, &channel);
        to[channel.pixel_step] = mote_winograd_finish((int32_t)(bottom[1] - bottom[2] - bottom[3]) >> 1, &channel);
    }
}

#endif
