/* SPDX-License-Identifier: Apache-2.0
 *
 * The patches of 6 x 6 inputs, transformed: B' x B of mote_winograd_4.h, which says why nothing overflows. */
#ifndef MOTE_WINOGRAD_INPUT_4_H
#define MOTE_WINOGRAD_INPUT_4_H

#include "mote_dsp.h"
#include "mote_winograd_job.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* r4-r9: d0..d5 become B' d in r4, r7, r10, r8, r6, r9; round: adds to each. */
#define MOTE_WINOGRAD_INPUT_SIX(round)                                                               \
    "sub r4, r4, r6\n\t"                                                                             \
    "sub r9, r9, r7\n\t"                                                                             \
    "sub r10, r8, r6, lsl #2\n\t"                                                                    \
    "sub r6, r8, r6\n\t"                                                                             \
    "sub r8, r7, r5, lsl #2\n\t"                                                                     \
    "sub r5, r7, r5\n\t" round                                                                       \
    "add r4, r6, r4, lsl #2\n\t"                                                                     \
    "sub r9, r9, r5, lsl #2\n\t"                                                                     \
    "add r7, r10, r8\n\t"                                                                            \
    "sub r10, r10, r8\n\t"                                                                           \
    "add r8, r6, r5, lsl #1\n\t"                                                                     \
    "sub r6, r6, r5, lsl #1\n\t"
#define MOTE_WINOGRAD_ROUND                                                                          \
    "add r9, r9, #0x8000\n\tadd r10, r10, #0x8000\n\tadd r6, r6, #0x8000\n\t"
#define MOTE_WINOGRAD_LANE(d, rotation) "sxtab16 " d ", r11, " d rotation "\n\t"
#define MOTE_WINOGRAD_FLIP(d) "eor " d ", " d ", #0x8000\n\t"

/* Both passes for one word. Stack: the first pass, [6][6]; x, bytes from row to row and from pixel to pixel; v,
 * bytes from position to position and three times that; groups of four left. */
#define MOTE_WINOGRAD_INPUT_WORD(rotation)                                                           \
    "ldrd r0, r1, [sp, #144]\n\t"                                                                    \
    "ldr r2, [sp, #152]\n\t"                                                                         \
    "add r3, r1, r1, lsl #1\n\t"                                                                     \
    "add r3, r3, r0\n\t"                                                                             \
    "mov r11, #0x00800080\n\t"                                                                       \
    "mov r12, sp\n\t"                                                                                \
    "add lr, sp, #24\n\t"                                                                            \
    "2: ldr r4, [r0]\n\t"                                                                            \
    "ldr r5, [r0, r1]\n\t"                                                                           \
    "ldr r6, [r0, r1, lsl #1]\n\t"                                                                   \
    "ldr r7, [r3]\n\t"                                                                               \
    "ldr r8, [r3, r1]\n\t"                                                                           \
    "ldr r9, [r3, r1, lsl #1]\n\t" MOTE_WINOGRAD_LANE("r4", rotation)                                \
        MOTE_WINOGRAD_LANE("r5", rotation) MOTE_WINOGRAD_LANE("r6", rotation)                        \
            MOTE_WINOGRAD_LANE("r7", rotation) MOTE_WINOGRAD_LANE("r8", rotation)                    \
                MOTE_WINOGRAD_LANE("r9", rotation) MOTE_WINOGRAD_INPUT_SIX("")                       \
    "str r7, [r12, #24]\n\t"                                                                         \
    "str r10, [r12, #48]\n\t"                                                                        \
    "str r8, [r12, #72]\n\t"                                                                         \
    "str r6, [r12, #96]\n\t"                                                                         \
    "str r9, [r12, #120]\n\t"                                                                        \
    "str r4, [r12], #4\n\t"                                                                          \
    "add r0, r0, r2\n\t"                                                                             \
    "add r3, r3, r2\n\t"                                                                             \
    "cmp r12, lr\n\t"                                                                                \
    "bne 2b\n\t"                                                                                     \
    "ldr r0, [sp, #156]\n\t"                                                                         \
    "ldrd r1, r2, [sp, #160]\n\t"                                                                    \
    "mov r12, sp\n\t"                                                                                \
    "add lr, sp, #144\n\t"                                                                           \
    "add r3, r0, #4 * " MOTE_WINOGRAD_TILES_TEXT "\n\t"                                              \
    "str r3, [sp, #156]\n\t"                                                                         \
    "3: ldm r12!, {r4-r9}\n\t"                                                                       \
    "add r3, r0, r2\n\t" MOTE_WINOGRAD_INPUT_SIX(MOTE_WINOGRAD_ROUND) MOTE_WINOGRAD_FLIP("r4")       \
        MOTE_WINOGRAD_FLIP("r7") MOTE_WINOGRAD_FLIP("r10") MOTE_WINOGRAD_FLIP("r8")                  \
            MOTE_WINOGRAD_FLIP("r6") MOTE_WINOGRAD_FLIP("r9")                                        \
    "str r4, [r0]\n\t"                                                                               \
    "str r7, [r0, r1]\n\t"                                                                           \
    "str r10, [r0, r1, lsl #1]\n\t"                                                                  \
    "str r8, [r3]\n\t"                                                                               \
    "str r6, [r3, r1]\n\t"                                                                           \
    "str r9, [r3, r1, lsl #1]\n\t"                                                                   \
    "add r0, r3, r2\n\t"                                                                             \
    "cmp r12, lr\n\t"                                                                                \
    "bne 3b\n\t"

/* Some groups of four channels of a tile's patch. x: their first pixel; steps: bytes from row to row, from pixel to
 * pixel. v: their word of position 0; step: words from position to position. */
__attribute__((naked, noinline, unused)) static void
mote_winograd_input_4(__attribute__((unused)) const int8_t *x, __attribute__((unused)) intptr_t row_step,
                      __attribute__((unused)) int32_t pixel_step, __attribute__((unused)) uint32_t fours,
                      __attribute__((unused)) uint32_t *v, __attribute__((unused)) uint32_t step)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldrd r4, r5, [sp, #36]\n\t"
        "sub sp, sp, #172\n\t"
        "strd r0, r1, [sp, #144]\n\t"
        "str r2, [sp, #152]\n\t"
        "str r4, [sp, #156]\n\t"
        "lsl r5, r5, #2\n\t"
        "add r6, r5, r5, lsl #1\n\t"
        "strd r5, r6, [sp, #160]\n\t"
        "str r3, [sp, #168]\n\t"
        "1:\n\t" MOTE_WINOGRAD_INPUT_WORD("") MOTE_WINOGRAD_INPUT_WORD(", ror #8")
        "ldr r0, [sp, #144]\n\t"
        "add r0, r0, #4\n\t"
        "str r0, [sp, #144]\n\t"
        "ldr r0, [sp, #168]\n\t"
        "subs r0, r0, #1\n\t"
        "str r0, [sp, #168]\n\t"
        "bne.w 1b\n\t"
        "add sp, sp, #172\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

/* d becomes B' d; rounds is added to each. */
#define MOTE_WINOGRAD_INPUT_SIX(d0, d1, d2, d3, d4, d5, rounds)                                      \
    do {                                                                                             \
        const uint32_t a = d4 - (d2 << 2) + (rounds), b = d3 - (d1 << 2);                            \
        const uint32_t c = d4 - d2 + (rounds), e = d3 - d1;                                          \
        d0 = c + ((d0 - d2) << 2);                                                                   \
        d5 = d5 - d3 + (rounds) - (e << 2);                                                          \
        d1 = a + b;                                                                                  \
        d2 = a - b;                                                                                  \
        d3 = c + (e << 1);                                                                           \
        d4 = c - (e << 1);                                                                           \
    } while (0)

/* The two channels of four that a word holds, counted from -128. */
static inline uint32_t mote_winograd_lanes(const int8_t *x, int odd)
{
    const uint32_t word = mote_read32(x);
    return odd ? mote_sxtab16_ror8(0x00800080u, word) : mote_sxtab16(0x00800080u, word);
}

/* One word (two channels) of all positions, each step words after the one before. */
static inline void mote_winograd_word_4(const int8_t *x, intptr_t row_step, int32_t pixel_step, int odd,
                                        uint32_t *v, uint32_t step)
{
    uint32_t pass[36];
    for (uint32_t *to = pass; to != pass + 6; to++, x += pixel_step) {
        const int8_t *x3 = x + 3 * row_step;
        uint32_t d0 = mote_winograd_lanes(x, odd), d1 = mote_winograd_lanes(x + row_step, odd);
        uint32_t d2 = mote_winograd_lanes(x + 2 * row_step, odd), d3 = mote_winograd_lanes(x3, odd);
        uint32_t d4 = mote_winograd_lanes(x3 + row_step, odd), d5 = mote_winograd_lanes(x3 + 2 * row_step, odd);
        MOTE_WINOGRAD_INPUT_SIX(d0, d1, d2, d3, d4, d5, 0);
        to[0] = d0;
        to[6] = d1;
        to[12] = d2;
        to[18] = d3;
        to[24] = d4;
        to[30] = d5;
    }
    for (const uint32_t *from = pass; from != pass + 36; from += 6) {
        uint32_t d0 = from[0], d1 = from[1], d2 = from[2], d3 = from[3], d4 = from[4], d5 = from[5];
        MOTE_WINOGRAD_INPUT_SIX(d0, d1, d2, d3, d4, d5, 0x8000u);
        *v = d0 ^ 0x8000u;
        *(v += step) = d1 ^ 0x8000u;
        *(v += step) = d2 ^ 0x8000u;
        *(v += step) = d3 ^ 0x8000u;
        *(v += step) = d4 ^ 0x8000u;
        *(v += step) = d5 ^ 0x8000u;
        v += step;
    }
}

/* Some groups of four channels of a tile's patch. x: their first pixel; steps: bytes from row to row, from pixel to
 * pixel. v: their word of position 0; step: words from position to position. */
static inline void mote_winograd_input_4(const int8_t *x, intptr_t row_step, int32_t pixel_step,
                                         uint32_t fours, uint32_t *v, uint32_t step)
{
    for (; fours > 0; fours--, x += 4) {
        mote_winograd_word_4(x, row_step, pixel_step, 0, v, step);
        mote_winograd_word_4(x, row_step, pixel_step, 1, v + MOTE_TILES, step);
        v += 2 * MOTE_TILES;
    }
}

#endif

#endif
