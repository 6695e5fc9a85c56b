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
#include "mote_winograd_job.h"

#define MOTE_WINOGRAD_2_POSITIONS 16

/* The two channels of four that a word holds. */
static inline uint32_t mote_winograd_lanes_2(const int8_t *x, int odd)
{
    const uint32_t word = mote_read32(x);
    return odd ? mote_sxtb16_ror8(word) : mote_sxtb16(word);
}

/* Declares d0..d3: B' times a column of the patch of two channels. */
#define MOTE_WINOGRAD_COLUMN(d, x)                                                                   \
    uint32_t d##0 = mote_winograd_lanes_2(x, odd), d##1 = mote_winograd_lanes_2((x) + row_step, odd);  \
    uint32_t d##2 = mote_winograd_lanes_2((x) + 2 * row_step, odd);                                  \
    uint32_t d##3 = mote_ssub16(d##1, mote_winograd_lanes_2((x) + 3 * row_step, odd));               \
    d##0 = mote_ssub16(d##0, d##2);                                                                  \
    d##1 = mote_sadd16(d##1, d##2);                                                                  \
    d##2 = mote_ssub16(mote_twice16(d##2), d##1)

/* Stores four words of a column, at distances of four positions. */
#define MOTE_WINOGRAD_STORE(to, op, a, b)                                                            \
    do {                                                                                             \
        uint32_t *below = (to) + 4 * step;                                                           \
        *(to) = op(a##0, b##0);                                                                      \
        *below = op(a##1, b##1);                                                                     \
        below[4 * step] = op(a##2, b##2);                                                            \
        below[8 * step] = op(a##3, b##3);                                                            \
    } while (0)

/* One word (two channels) of all positions, each step words after the one before. */
static inline void mote_winograd_word_2(const int8_t *x, intptr_t row_step, int32_t pixel_step, int odd,
                                        uint32_t *v, uint32_t step)
{
    MOTE_WINOGRAD_COLUMN(a, x);
    MOTE_WINOGRAD_COLUMN(c, x + 2 * pixel_step);
    MOTE_WINOGRAD_STORE(v, mote_ssub16, a, c);
    {
        MOTE_WINOGRAD_COLUMN(b, x + pixel_step);
        MOTE_WINOGRAD_STORE(v + step, mote_sadd16, b, c);
        MOTE_WINOGRAD_STORE(v + 2 * step, mote_ssub16, c, b);
        {
            MOTE_WINOGRAD_COLUMN(d, x + 3 * pixel_step);
            MOTE_WINOGRAD_STORE(v + 3 * step, mote_ssub16, b, d);
        }
    }
}

/* Some groups of four channels of a tile's patch. x: their first pixel; steps: bytes from row to row, from pixel to
 * pixel. v: their word of position 0; step: words from position to position. */
MOTE_NOT_INLINE static void mote_winograd_input_2(const int8_t *x, intptr_t row_step, int32_t pixel_step,
                                                  uint32_t fours, uint32_t *v, uint32_t step)
{
    for (; fours > 0; fours--, x += 4) {
        mote_winograd_word_2(x, row_step, pixel_step, 0, v, step);
        mote_winograd_word_2(x, row_step, pixel_step, 1, v + MOTE_TILES, step);
        v += 2 * MOTE_TILES;
    }
}

/* A row of two results; r0..r3: a row of A' m. */
#define MOTE_WINOGRAD_ROW_2(to, r0, r1, r2, r3)                                                      \
    do {                                                                                             \
        (to)[0] = mote_winograd_finish((int32_t)(r0 + r1 + r2) >> 1, &channel);                      \
        (to)[channel.pixel_step] = mote_winograd_finish((int32_t)(r1 - r2 - r3) >> 1, &channel);     \
    } while (0)

/* A' times column j of the sums m, from row to row as one result or the other wants it. */
#define MOTE_WINOGRAD_UPPER(j)                                                                       \
    (m[(j) * MOTE_WINOGRAD_SUMS] + m[(4 + (j)) * MOTE_WINOGRAD_SUMS] + m[(8 + (j)) * MOTE_WINOGRAD_SUMS])
#define MOTE_WINOGRAD_LOWER(j)                                                                       \
    (m[(4 + (j)) * MOTE_WINOGRAD_SUMS] - m[(8 + (j)) * MOTE_WINOGRAD_SUMS] -                         \
     m[(12 + (j)) * MOTE_WINOGRAD_SUMS])

/* The results of count tiles in one channel; y: first pixels of each. Sums of a position stand MOTE_WINOGRAD_SUMS
 * words after those of the one before, of a tile one word. */
MOTE_NOT_INLINE static void mote_winograd_output_2(uint32_t *sums, const mote_winograd_channel *from,
                                                   int8_t *const *y, uint32_t count)
{
    const mote_winograd_channel channel = *from;
    for (int8_t *const *end = y + count; y != end; y++, sums++) {
        const uint32_t *m = sums;
        int8_t *to = *y + channel.place;
        sums[5 * MOTE_WINOGRAD_SUMS] += channel.start;
        {
            const uint32_t r0 = MOTE_WINOGRAD_UPPER(0), r1 = MOTE_WINOGRAD_UPPER(1);
            const uint32_t r2 = MOTE_WINOGRAD_UPPER(2), r3 = MOTE_WINOGRAD_UPPER(3);
            MOTE_WINOGRAD_ROW_2(to, r0, r1, r2, r3);
        }
        to += channel.row_step;
        {
            const uint32_t r0 = MOTE_WINOGRAD_LOWER(0), r1 = MOTE_WINOGRAD_LOWER(1);
            const uint32_t r2 = MOTE_WINOGRAD_LOWER(2), r3 = MOTE_WINOGRAD_LOWER(3);
            MOTE_WINOGRAD_ROW_2(to, r0, r1, r2, r3);
        }
    }
}

#endif
