/* SPDX-License-Identifier: Apache-2.0
 *
 * Six pixels of each of some rows, transformed: B' x of mote_winograd_4.h, on two channels a word. Inputs count from
 * -128, as 0..255, so that results lie within 10 * 255 of 0. With inputs d0..d5 and differences of 16-bit halves
 *   a = d4 - 4 d2,  b = d3 - 4 d1,  c = d4 - d2,  e = 2 (d3 - d1)
 * the results are d4 + 4 d0 - 5 d2, a + b, a - b, c + e, c - e, d5 + 4 d1 - 5 d3. What is shifted or added as a whole
 * word has no negative half. */
#ifndef MOTE_WINOGRAD_INPUT_ROW_H
#define MOTE_WINOGRAD_INPUT_ROW_H

#include "mote_dsp.h"
#include "mote_winograd_job.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#define MOTE_WINOGRAD_ROW_LANE(d, rotation) "sxtab16 " d ", r11, " d rotation "\n\t"

/* r0, r3: the first pixel and the fourth; r1 bytes from pixel to pixel; r2, lr: position 0 and 3 of the word before;
 * r12 bytes from position to position; r11 128 in both halves; next: how r0 and r3 move on. */
#define MOTE_WINOGRAD_ROW_WORD(rotation, next)                                                       \
    "ldr r5, [r0, r1]\n\t"                                                                           \
    "ldr r6, [r0, r1, lsl #1]\n\t"                                                                   \
    "ldr r4, [r0]" next "\n\t"                                                                       \
    "ldr r8, [r3, r1]\n\t"                                                                           \
    "ldr r9, [r3, r1, lsl #1]\n\t"                                                                   \
    "ldr r7, [r3]" next "\n\t" MOTE_WINOGRAD_ROW_LANE("r4", rotation)                                \
        MOTE_WINOGRAD_ROW_LANE("r5", rotation) MOTE_WINOGRAD_ROW_LANE("r6", rotation)                \
            MOTE_WINOGRAD_ROW_LANE("r7", rotation) MOTE_WINOGRAD_ROW_LANE("r8", rotation)            \
                MOTE_WINOGRAD_ROW_LANE("r9", rotation)                                               \
    "add r4, r8, r4, lsl #2\n\t"                                                                     \
    "add r10, r6, r6, lsl #2\n\t"                                                                    \
    "ssub16 r4, r4, r10\n\t"                                                                         \
    "add r9, r9, r5, lsl #2\n\t"                                                                     \
    "add r10, r7, r7, lsl #2\n\t"                                                                    \
    "ssub16 r9, r9, r10\n\t"                                                                         \
    "ssub16 r10, r8, r6\n\t" /* c */                                                                 \
    "lsl r6, r6, #2\n\t"                                                                             \
    "ssub16 r8, r8, r6\n\t" /* a */                                                                  \
    "ssub16 r6, r7, r5\n\t"                                                                          \
    "sadd16 r6, r6, r6\n\t" /* e */                                                                  \
    "lsl r5, r5, #2\n\t"                                                                             \
    "ssub16 r7, r7, r5\n\t" /* b */                                                                  \
    "sadd16 r5, r8, r7\n\t"                                                                          \
    "ssub16 r7, r8, r7\n\t"                                                                          \
    "sadd16 r8, r10, r6\n\t"                                                                         \
    "ssub16 r10, r10, r6\n\t"                                                                        \
    "str r4, [r2, #4 * " MOTE_WINOGRAD_TILES_TEXT "]!\n\t"                                           \
    "str r5, [r2, r12]\n\t"                                                                          \
    "str r7, [r2, r12, lsl #1]\n\t"                                                                  \
    "str r8, [lr, #4 * " MOTE_WINOGRAD_TILES_TEXT "]!\n\t"                                           \
    "str r10, [lr, r12]\n\t"                                                                         \
    "str r9, [lr, r12, lsl #1]\n\t"

/* fours groups of four channels of six pixels in each of count rows, at least 1. offset: bytes from where rows point
 * to the first pixel; pixel_step: bytes to the next. v: the first row's word of position 0, from where rows follow
 * one another; step: words from position to position.
 * Stack: rows, bytes of the channels; arguments: end of the channels, offset, end of the rows. */
__attribute__((naked, noinline, unused)) static void
mote_winograd_input_rows(__attribute__((unused)) const int8_t *const *rows,
                         __attribute__((unused)) int32_t pixel_step, __attribute__((unused)) uint32_t fours,
                         __attribute__((unused)) uint32_t *v, __attribute__((unused)) uint32_t step,
                         __attribute__((unused)) int32_t offset, __attribute__((unused)) uint32_t count)
{
    __asm volatile(
        ".syntax unified\n\t"
        "lsl r2, r2, #2\n\t"
        "push {r0, r2, r4-r11, lr}\n\t"
        "ldr r4, [sp, #52]\n\t"
        "ldr r12, [sp, #44]\n\t"
        "add r4, r0, r4, lsl #2\n\t"
        "str r4, [sp, #52]\n\t"
        "lsl r12, r12, #2\n\t"
        "sub r2, r3, #4 * " MOTE_WINOGRAD_TILES_TEXT "\n\t"
        "add lr, r12, r12, lsl #1\n\t"
        "add lr, lr, r2\n\t"
        "mov r11, #0x00800080\n\t"
        "ldr r4, [sp]\n\t"
        "1: ldr r0, [r4], #4\n\t"
        "ldr r5, [sp, #48]\n\t"
        "ldr r6, [sp, #4]\n\t"
        "str r4, [sp]\n\t"
        "add r0, r0, r5\n\t"
        "add r6, r6, r0\n\t"
        "str r6, [sp, #44]\n\t"
        "add r3, r1, r1, lsl #1\n\t"
        "add r3, r3, r0\n\t"
        ".balign 4\n\t"
        "2:\n\t" MOTE_WINOGRAD_ROW_WORD("", "") MOTE_WINOGRAD_ROW_WORD(", ror #8", ", #4")
        "ldr r4, [sp, #44]\n\t"
        "cmp r0, r4\n\t"
        "bne.w 2b\n\t"
        "ldr r4, [sp]\n\t"
        "ldr r5, [sp, #52]\n\t"
        "cmp r4, r5\n\t"
        "bne.w 1b\n\t"
        "pop {r0, r2, r4-r11, pc}\n\t");
}

#else

/* The two channels of four that a word holds, counted from -128. */
static inline uint32_t mote_winograd_row_lanes(const int8_t *x, int odd)
{
    const uint32_t word = mote_read32(x);
    return odd ? mote_sxtab16_ror8(0x00800080u, word) : mote_sxtab16(0x00800080u, word);
}

static inline void mote_winograd_input_rows(const int8_t *const *rows, int32_t pixel_step, uint32_t fours,
                                            uint32_t *v, uint32_t step, int32_t offset, uint32_t count)
{
    for (const int8_t *const *end = rows + count; rows != end; rows++)
        for (uint32_t i = 0; i < 2 * fours; i++, v += MOTE_TILES) {
            const int8_t *x = *rows + offset + 4 * (i >> 1);
            uint32_t d[6];
            for (int32_t j = 0; j < 6; j++)
                d[j] = mote_winograd_row_lanes(x + j * pixel_step, (int)(i & 1));
            const uint32_t a = mote_ssub16(d[4], d[2] << 2), b = mote_ssub16(d[3], d[1] << 2);
            const uint32_t c = mote_ssub16(d[4], d[2]), e = mote_twice16(mote_ssub16(d[3], d[1]));
            v[0] = mote_ssub16(d[4] + (d[0] << 2), 5 * d[2]);
            v[step] = mote_sadd16(a, b);
            v[2 * step] = mote_ssub16(a, b);
            v[3 * step] = mote_sadd16(c, e);
            v[4 * step] = mote_ssub16(c, e);
            v[5 * step] = mote_ssub16(d[5] + (d[1] << 2), 5 * d[3]);
        }
}

#endif

#endif
