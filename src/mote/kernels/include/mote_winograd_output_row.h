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

/* Where the next channel is, its constants as mote_winograd_row.h says. */
typedef struct {
    const int32_t *channel;
    int8_t *y; /* the channel before, in the first pixel of the first tile */
    uint32_t pixel_step;
} mote_winograd_next_channel;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#if MOTE_SINGLE
#define MOTE_WINOGRAD_ROW_SCALE(y) "smmla r5, " y ", r8, r11\n\t"
#else
#define MOTE_WINOGRAD_ROW_SCALE(y) "smmlar r5, " y ", r8, r11\n\tadd r5, r5, " y ", asr #31\n\t"
#endif
/* r8 multiplier, r11 offset, r9 right shift in its low byte, r12 the third; r5 is used. */
#define MOTE_WINOGRAD_ROW_FINISH(y)                                                                  \
    "mul " y ", " y ", r12\n\t" MOTE_WINOGRAD_ROW_SCALE(y) "asr r5, r5, r9\n\tssat " y ", #8, r5\n\t"

/* The results of a tile. r0 sums; r10 start, lr its first pixel; r2-r7 are used. */
#define MOTE_WINOGRAD_ROW_TILE                                                                       \
    "ldr r2, [r0]\n\t"                                                                               \
    "ldr r3, [r0, #4 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"                                             \
    "ldr r4, [r0, #8 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"                                             \
    "ldr r5, [r0, #12 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"                                            \
    "ldr r6, [r0, #16 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"                                            \
    "ldr r7, [r0, #20 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"                                            \
    "add r3, r3, r10\n\t"                                                                            \
    "add r3, r3, r4\n\t"                                                                             \
    "sub r4, r3, r4, lsl #1\n\t"                                                                     \
    "add r5, r5, r6\n\t"                                                                             \
    "sub r6, r5, r6, lsl #1\n\t"                                                                     \
    "add r2, r2, r5\n\t"                                                                             \
    "add r2, r2, r3, lsl #2\n\t"                                                                     \
    "add r3, r3, r5\n\t"                                                                             \
    "add r7, r7, r4\n\t"                                                                             \
    "add r7, r7, r6, lsl #1\n\t"                                                                     \
    "add r4, r6, r4, lsl #1\n\t"                                                                     \
    "asr r2, r2, #2\n\t"                                                                             \
    "asr r4, r4, #1\n\t" MOTE_WINOGRAD_ROW_FINISH("r2") MOTE_WINOGRAD_ROW_FINISH("r4")               \
        MOTE_WINOGRAD_ROW_FINISH("r3") MOTE_WINOGRAD_ROW_FINISH("r7")                                \
    "ldr r5, [sp, #40]\n\t"                                                                          \
    "add r6, lr, r5\n\t"                                                                             \
    "strb r2, [lr]\n\t"                                                                              \
    "strb r4, [lr, r5]\n\t"                                                                          \
    "strb r3, [lr, r5, lsl #1]\n\t"                                                                  \
    "strb r7, [r6, r5, lsl #1]\n\t"

/* The results of a tile in count channels, at least 1. Sums of a position stand MOTE_WINOGRAD_SUMS words after those
 * of the one before. Stack: next; end of the sums; 8 registers; pixel step. */
__attribute__((naked, noinline, unused)) static void
mote_winograd_output_row(__attribute__((unused)) const uint32_t *sums,
                         __attribute__((unused)) mote_winograd_next_channel *next,
                         __attribute__((unused)) uint32_t count)
{
    __asm volatile(
        ".syntax unified\n\t"
        "add r2, r0, r2, lsl #2\n\t"
        "ldr r12, [r1, #8]\n\t"
        "push {r1-r2, r4-r12, lr}\n\t"
        "ldrd r1, lr, [r1]\n\t"
        "movw r12, #0xaaab\n\t"
        "movt r12, #0xaaaa\n\t"
        ".balign 4\n\t"
        "1: ldm.w r1!, {r8-r11}\n\t"
        "add lr, lr, r9, lsr #8\n\t" MOTE_WINOGRAD_ROW_TILE
        "ldr r6, [sp, #4]\n\t"
        "add r0, r0, #4\n\t"
        "cmp r0, r6\n\t"
        "bne.w 1b\n\t"
        "ldr r0, [sp]\n\t"
        "strd r1, lr, [r0]\n\t"
        "pop {r1-r2, r4-r12, pc}\n\t");
}

#else

static inline void mote_winograd_output_row(const uint32_t *m, mote_winograd_next_channel *next, uint32_t count)
{
    for (; count > 0; count--, m++) {
        const int32_t multiplier = next->channel[0], right = next->channel[1] & 255;
        const uint32_t start = (uint32_t)next->channel[2];
        const int32_t offset = next->channel[3];
        int8_t *y = next->y += next->channel[1] >> 8;
        const uint32_t m1 = m[MOTE_WINOGRAD_SUMS] + start, m2 = m[2 * MOTE_WINOGRAD_SUMS];
        const uint32_t m3 = m[3 * MOTE_WINOGRAD_SUMS], m4 = m[4 * MOTE_WINOGRAD_SUMS];
        const uint32_t s = m1 + m2, d = m1 - m2, p = m3 + m4, q = m3 - m4;
        const uint32_t m5 = m[5 * MOTE_WINOGRAD_SUMS];
        const uint32_t r[4] = {m[0] + p + (s << 2), q + (d << 1), s + p, m5 + d + (q << 1)};
        next->channel += 4;
        for (uint32_t i = 0; i < 4; i++, y += next->pixel_step) {
            const uint32_t six = (uint32_t)((int32_t)r[i] >> (i < 2 ? 2 - i : 0));
            *y = (int8_t)mote_finish((int32_t)(six * MOTE_WINOGRAD_THIRD), multiplier, offset, right, !MOTE_SINGLE);
        }
    }
}

#endif

#endif
