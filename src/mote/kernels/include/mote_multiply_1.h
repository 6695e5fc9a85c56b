/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_multiply_4.h for 1 pixel: eight instructions for four taps of two channels, where four pixels take 24.
 *
 * x: [taps / 2]; y_stride and y_last of the job are not used. */
#ifndef MOTE_MULTIPLY_1_H
#define MOTE_MULTIPLY_1_H

#include "mote_multiply_4.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Four taps of both channels: words of weights, then what they become. */
#if MOTE_NIBBLES
#define MOTE_WORDS(a, b)                                                                             \
    "ldr " #a ", [r9], #4\n\t"                                                                       \
    "lsl " #b ", " #a ", #4\n\t"                                                                     \
    "and " #a ", " #a ", #0xF0F0F0F0\n\t"                                                            \
    "and " #b ", " #b ", #0xF0F0F0F0\n\t"
#else
#define MOTE_WORDS(a, b) "ldrd " #a ", " #b ", [r9], #8\n\t"
#endif
#if MOTE_WIDE
#define MOTE_LANES(word) "sxtb16 r11, " #word "\n\tsxtb16 " #word ", " #word ", ror #8\n\t"
#else
#define MOTE_LANES(word) "sxtb16 r11, " #word "\n\t"
#endif

/* Registers: r0 sum of A, r4 of B, r8 x, r2 its end, r9 weights, r3 biases, r6 multipliers, r7 shifts; r1, r5,
 * r10-r12, lr free. The stack holds x, y, pairs, zero and gaps of the job. */
#define MOTE_FOUR_TAPS_OF_1                                                                          \
    MOTE_WORDS(r1, r5)                                                                               \
    "ldrd r12, lr, [r8], #8\n\t" MOTE_LANES(r1)                                                      \
    "smlad r0, r1, r12, r0\n\t"                                                                      \
    "smlad r4, r11, r12, r4\n\t" MOTE_LANES(r5)                                                      \
    "smlad r0, r5, lr, r0\n\t"                                                                       \
    "smlad r4, r11, lr, r4\n\t"

__attribute__((naked, noinline, unused)) static void
mote_multiply_1(__attribute__((unused)) const mote_multiply_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r1-r11}\n\t"
        "push {r1, r7, r9-r11}\n\t"
        "mov r9, r3\n\t"
        "mov r3, r4\n\t"
        "mov r7, r6\n\t"
        "mov r6, r5\n\t"
        "1: ldrd r0, r4, [r3], #8\n\t"
        "ldr r8, [sp]\n\t"
        /* Eight taps (16 bytes of x) a round; where four are over, the first round is half a one. */
        "sub r12, r2, r8\n\t"
        "tst r12, #8\n\t"
        "bne 3f\n\t"
        "2:\n\t" MOTE_FOUR_TAPS_OF_1
        "3:\n\t" MOTE_FOUR_TAPS_OF_1
        "cmp r8, r2\n\t"
        "bne 2b\n\t"
        /* r10 multiplier, r11 offset, r12 right shift. */
        "mov r12, r7\n\t"
        MOTE_SHIFT_A
        "ldr r1, [sp, #12]\n\t"
        "ldr r10, [r6], #4\n\t"
        "lsl r11, r1, r12\n\t"
        "add r12, r12, #1\n\t"
        MOTE_FINISH_A(r0, r4)
        "mov lr, r7\n\t"
        MOTE_SHIFT_B
        "mov r7, lr\n\t"
        "ldr r10, [r6], #4\n\t"
        "lsl r11, r1, r12\n\t"
        "add r12, r12, #1\n\t"
        MOTE_FINISH_B(r4)
        "ldr lr, [sp, #16]\n\t"
        "ldr r5, [sp, #4]\n\t"
        "ldrb r8, [lr], #1\n\t"
        "ldrb r12, [lr], #1\n\t"
        "str lr, [sp, #16]\n\t"
        "add r8, r8, r5\n\t"
        "add r5, r8, r12\n\t"
        "str r5, [sp, #4]\n\t"
        "strb r4, [r5]\n\t"
        "strb r0, [r8]\n\t"
        "ldr r10, [sp, #8]\n\t"
        "subs r10, r10, #1\n\t"
        "str r10, [sp, #8]\n\t"
        "bne 1b\n\t"
        "add sp, sp, #20\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

static inline void mote_multiply_1(const mote_multiply_job *job)
{
    mote_multiply_pixel(job, 0, 1);
}

#endif

#endif
