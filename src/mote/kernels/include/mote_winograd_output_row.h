/* SPDX-License-Identifier: Apache-2.0
 *
 * Four results of a row in some channels: A' m of mote_winograd_4.h, and int8. The sum of result i comes out as
 * s[i] times what it is, s = (24, 12, 6, 6): the shift divides by 4, 2, 1, 1, and 2863311531 * 3 = 1 modulo 2^32
 * by 3, which leaves twice the sum. */
#ifndef MOTE_WINOGRAD_OUTPUT_ROW_H
#define MOTE_WINOGRAD_OUTPUT_ROW_H

#include "mote_winograd_finish.h"
#include "mote_winograd_job.h"

#define MOTE_WINOGRAD_THIRD 2863311531u

/* Where the next channel is, its constants as mote_winograd.h says. */
typedef struct {
    const int32_t *start;
    const int32_t *multiplier;
    const uint8_t *shift;
    const uint8_t *gaps;
    int8_t *y; /* the channel before, in the first pixel of the tile */
    int32_t zero;
    uint32_t pixel_step;
} mote_winograd_next_channel;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#if MOTE_SINGLE
#define MOTE_WINOGRAD_ROW_SCALE(y) "smmla r5, " y ", r8, r11\n\t"
#else
#define MOTE_WINOGRAD_ROW_SCALE(y) "smmlar r5, " y ", r8, r11\n\tadd r5, r5, " y ", asr #31\n\t"
#endif
/* r8 multiplier, r11 offset, r9 right shift, r12 the third; r5 is used. */
#define MOTE_WINOGRAD_ROW_FINISH(y)                                                                  \
    "mul " y ", " y ", r12\n\t" MOTE_WINOGRAD_ROW_SCALE(y) "asr r5, r5, r9\n\tssat " y ", #8, r5\n\t"

/* The results of count channels, at least 1. Sums of a position stand MOTE_WINOGRAD_SUMS words after those of the
 * one before, of a channel MOTE_TILES words. */
__attribute__((naked, noinline, unused)) static void
mote_winograd_output_row(__attribute__((unused)) const uint32_t *sums,
                         __attribute__((unused)) mote_winograd_next_channel *next,
                         __attribute__((unused)) uint32_t count)
{
    __asm volatile(
        ".syntax unified\n\t"
        "mov r3, #4 * " MOTE_WINOGRAD_TILES_TEXT "\n\t"
        "mla r2, r2, r3, r0\n\t"
        "push {r2, r4-r11, lr}\n\t"
        "movw r12, #0xaaab\n\t"
        "movt r12, #0xaaaa\n\t"
        "1: ldm r1, {r2-r7}\n\t"
        "ldr r10, [r2], #4\n\t"
        "ldr r8, [r3], #4\n\t"
        "ldrb r9, [r4], #1\n\t"
        "ldrb r11, [r5], #1\n\t"
        "add r6, r6, r11\n\t"
        "mov lr, r6\n\t"
        "stm r1, {r2-r6}\n\t"
        "lsl r11, r7, r9\n\t"
        "add r9, r9, #1\n\t"
        "ldr r3, [r0, #4 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"
        "ldr r4, [r0, #8 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"
        "ldr r5, [r0, #12 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"
        "ldr r6, [r0, #16 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"
        "ldr r7, [r0, #20 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"
        "ldr r2, [r0], #4 * " MOTE_WINOGRAD_TILES_TEXT "\n\t"
        "add r3, r3, r10\n\t"
        "add r3, r3, r4\n\t"
        "sub r4, r3, r4, lsl #1\n\t"
        "add r5, r5, r6\n\t"
        "sub r6, r5, r6, lsl #1\n\t"
        "add r2, r2, r5\n\t"
        "add r2, r2, r3, lsl #2\n\t"
        "add r3, r3, r5\n\t"
        "add r7, r7, r4\n\t"
        "add r7, r7, r6, lsl #1\n\t"
        "add r4, r6, r4, lsl #1\n\t"
        "asr r2, r2, #2\n\t"
        "asr r4, r4, #1\n\t" MOTE_WINOGRAD_ROW_FINISH("r2") MOTE_WINOGRAD_ROW_FINISH("r4")
            MOTE_WINOGRAD_ROW_FINISH("r3") MOTE_WINOGRAD_ROW_FINISH("r7")
        "ldr r5, [r1, #24]\n\t"
        "ldr r6, [sp]\n\t"
        "add r10, lr, r5, lsl #1\n\t"
        "strb r2, [lr]\n\t"
        "strb r4, [lr, r5]\n\t"
        "strb r3, [r10]\n\t"
        "strb r7, [r10, r5]\n\t"
        "cmp r0, r6\n\t"
        "bne 1b\n\t"
        "pop {r2, r4-r11, pc}\n\t");
}

#else

static inline void mote_winograd_output_row(const uint32_t *sums, mote_winograd_next_channel *next, uint32_t count)
{
    for (; count > 0; count--, sums += MOTE_TILES) {
        const uint32_t m1 = sums[MOTE_WINOGRAD_SUMS] + (uint32_t)*next->start++, m2 = sums[2 * MOTE_WINOGRAD_SUMS];
        const uint32_t m3 = sums[3 * MOTE_WINOGRAD_SUMS], m4 = sums[4 * MOTE_WINOGRAD_SUMS];
        const uint32_t s = m1 + m2, d = m1 - m2, p = m3 + m4, q = m3 - m4;
        const uint32_t m5 = sums[5 * MOTE_WINOGRAD_SUMS];
        const uint32_t r[4] = {sums[0] + p + (s << 2), q + (d << 1), s + p, m5 + d + (q << 1)};
        const int32_t multiplier = *next->multiplier++, right = *next->shift++ + 1;
        const int32_t offset = next->zero * (1 << (right - 1));
        next->y += *next->gaps++;
        for (uint32_t i = 0; i < 4; i++) {
            const uint32_t six = (uint32_t)((int32_t)r[i] >> (i < 2 ? 2 - i : 0));
            next->y[i * next->pixel_step] = (int8_t)mote_finish((int32_t)(six * MOTE_WINOGRAD_THIRD), multiplier,
                                                                offset, right, !MOTE_SINGLE);
        }
    }
}

#endif

#endif
