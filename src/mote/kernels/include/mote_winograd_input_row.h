/* SPDX-License-Identifier: Apache-2.0
 *
 * Six pixels of a row, transformed: B' x of mote_winograd_4.h, on two channels a word. Inputs count from -128, as
 * 0..255, so that results lie within 10 * 255 of 0. */
#ifndef MOTE_WINOGRAD_INPUT_ROW_H
#define MOTE_WINOGRAD_INPUT_ROW_H

#include "mote_winograd_input_4.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* r0, r3: the first pixel and the fourth; r1 bytes from pixel to pixel; r2, lr: position 0 and 3; r12 bytes from
 * position to position. */
#define MOTE_WINOGRAD_ROW_WORD(rotation)                                                             \
    "ldr r4, [r0]\n\t"                                                                               \
    "ldr r5, [r0, r1]\n\t"                                                                           \
    "ldr r6, [r0, r1, lsl #1]\n\t"                                                                   \
    "ldr r7, [r3]\n\t"                                                                               \
    "ldr r8, [r3, r1]\n\t"                                                                           \
    "ldr r9, [r3, r1, lsl #1]\n\t" MOTE_WINOGRAD_LANE("r4", rotation)                                \
        MOTE_WINOGRAD_LANE("r5", rotation) MOTE_WINOGRAD_LANE("r6", rotation)                        \
            MOTE_WINOGRAD_LANE("r7", rotation) MOTE_WINOGRAD_LANE("r8", rotation)                    \
                MOTE_WINOGRAD_LANE("r9", rotation) MOTE_WINOGRAD_INPUT_SIX(MOTE_WINOGRAD_ROUND)      \
                    MOTE_WINOGRAD_FLIP("r4") MOTE_WINOGRAD_FLIP("r7") MOTE_WINOGRAD_FLIP("r10")      \
                        MOTE_WINOGRAD_FLIP("r8") MOTE_WINOGRAD_FLIP("r6") MOTE_WINOGRAD_FLIP("r9")   \
    "str r7, [r2, r12]\n\t"                                                                          \
    "str r10, [r2, r12, lsl #1]\n\t"                                                                 \
    "str r4, [r2], #4 * " MOTE_WINOGRAD_TILES_TEXT "\n\t"                                            \
    "str r6, [lr, r12]\n\t"                                                                          \
    "str r9, [lr, r12, lsl #1]\n\t"                                                                  \
    "str r8, [lr], #4 * " MOTE_WINOGRAD_TILES_TEXT "\n\t"

/* Some groups of four channels of six pixels. x: the first one; pixel_step: bytes to the next. v: their word of
 * position 0; step: words from position to position. */
__attribute__((naked, noinline, unused)) static void
mote_winograd_input_row(__attribute__((unused)) const int8_t *x, __attribute__((unused)) int32_t pixel_step,
                        __attribute__((unused)) uint32_t fours, __attribute__((unused)) uint32_t *v,
                        __attribute__((unused)) uint32_t step)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r2, r4-r11, lr}\n\t"
        "ldr r12, [sp, #40]\n\t"
        "lsl r12, r12, #2\n\t"
        "mov r2, r3\n\t"
        "add lr, r12, r12, lsl #1\n\t"
        "add lr, lr, r2\n\t"
        "add r3, r1, r1, lsl #1\n\t"
        "add r3, r3, r0\n\t"
        "mov r11, #0x00800080\n\t"
        "1:\n\t" MOTE_WINOGRAD_ROW_WORD("") MOTE_WINOGRAD_ROW_WORD(", ror #8")
        "ldr r4, [sp]\n\t"
        "add r0, r0, #4\n\t"
        "add r3, r3, #4\n\t"
        "subs r4, r4, #1\n\t"
        "str r4, [sp]\n\t"
        "bne.w 1b\n\t"
        "pop {r2, r4-r11, pc}\n\t");
}

#else

static inline void mote_winograd_input_row(const int8_t *x, int32_t pixel_step, uint32_t fours, uint32_t *v,
                                           uint32_t step)
{
    for (uint32_t i = 0; i < 2 * fours; i++, v += MOTE_TILES) {
        uint32_t d[6];
        for (int32_t j = 0; j < 6; j++)
            d[j] = mote_winograd_lanes(x + 4 * (i >> 1) + j * pixel_step, (int)(i & 1));
        MOTE_WINOGRAD_INPUT_SIX(d[0], d[1], d[2], d[3], d[4], d[5], 0x8000u);
        for (uint32_t j = 0; j < 6; j++)
            v[j * step] = d[j] ^ 0x8000u;
    }
}

#endif

#endif
