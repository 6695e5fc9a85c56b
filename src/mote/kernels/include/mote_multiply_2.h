/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_multiply_4.h for 2 pixels: a weight is read for half as many products, but nothing is computed for
 * pixels that are not there. 13 instructions for four taps of two channels, where four pixels take 24.
 *
 * x: [taps / 2][2 pixels]; y_last of the job is not used. */
#ifndef MOTE_MULTIPLY_2_H
#define MOTE_MULTIPLY_2_H

#include "mote_multiply_1.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0, r1 sums of A, r4, r5 sums of B, r8 x, r2 its end, r9 weights, r6 multipliers, r7 shifts; r3,
 * r10-r12, lr free. The stack holds x, bias, y, y_stride, pairs, zero and gaps of the job. */
#define MOTE_TWO_TAPS_OF_2(word)                                                                     \
    "ldrd r12, lr, [r8], #8\n\t" MOTE_LANES(word)                                                    \
    "smlad r0, " #word ", r12, r0\n\t"                                                               \
    "smlad r4, r11, r12, r4\n\t"                                                                     \
    "smlad r1, " #word ", lr, r1\n\t"                                                                \
    "smlad r5, r11, lr, r5\n\t"
#define MOTE_FOUR_TAPS_OF_2 MOTE_WORDS(r10, r3) MOTE_TWO_TAPS_OF_2(r10) MOTE_TWO_TAPS_OF_2(r3)

__attribute__((naked, noinline, unused)) static void
mote_multiply_2(__attribute__((unused)) const mote_multiply_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r1-r11}\n\t"
        "push {r1, r4, r7-r11}\n\t"
        "mov r9, r3\n\t"
        "mov r7, r6\n\t"
        "mov r6, r5\n\t"
        "1: ldrd r8, r3, [sp]\n\t"
        "ldrd r0, r4, [r3], #8\n\t"
        "str r3, [sp, #4]\n\t"
        "mov r1, r0\n\t"
        "mov r5, r4\n\t"
        "sub r12, r2, r8\n\t"
        "tst r12, #16\n\t"
        "bne 3f\n\t"
        "2:\n\t" MOTE_FOUR_TAPS_OF_2
        "3:\n\t" MOTE_FOUR_TAPS_OF_2
        "cmp r8, r2\n\t"
        "bne 2b\n\t"
        /* r10 multiplier, r11 offset, r12 right shift. */
        "mov r12, r7\n\t"
        MOTE_SHIFT_A
        "ldr r11, [sp, #20]\n\t"
        "ldr r10, [r6], #4\n\t"
        "lsl r11, r11, r12\n\t"
        "add r12, r12, #1\n\t"
        MOTE_FINISH_A(r0, r4) MOTE_FINISH_A(r1, r5)
        "mov lr, r7\n\t"
        MOTE_SHIFT_B
        "mov r7, lr\n\t"
        "ldr r11, [sp, #20]\n\t"
        "ldr r10, [r6], #4\n\t"
        "lsl r11, r11, r12\n\t"
        "add r12, r12, #1\n\t"
        MOTE_FINISH_B(r4) MOTE_FINISH_B(r5)
        "ldr lr, [sp, #24]\n\t"
        "ldrd r10, r11, [sp, #8]\n\t"
        "ldrb r8, [lr], #1\n\t"
        "ldrb r12, [lr], #1\n\t"
        "str lr, [sp, #24]\n\t"
        "add r8, r8, r10\n\t"
        "add r12, r12, r8\n\t"
        "str r12, [sp, #8]\n\t"
        "strb r5, [r12, r11]\n\t"
        "strb r4, [r12]\n\t"
        "strb r1, [r8, r11]\n\t"
        "strb r0, [r8]\n\t"
        "ldr r10, [sp, #16]\n\t"
        "subs r10, r10, #1\n\t"
        "str r10, [sp, #16]\n\t"
        "bne 1b\n\t"
        "add sp, sp, #28\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

static inline void mote_multiply_2(const mote_multiply_job *job)
{
    for (uint32_t pixel = 0; pixel < 2; pixel++)
        mote_multiply_pixel(job, pixel, 2);
}

#endif

#endif
