/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_depthwise_slots.h for 3 x 3 and rows of nine results: five accumulators, of which the last one is a single
 * result, and no half behind it. For Arm cores alone. */
#ifndef MOTE_DEPTHWISE_SLOTS_NINE_H
#define MOTE_DEPTHWISE_SLOTS_NINE_H

#include "mote_depthwise_slots_job.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__ARM_FP)

#define MOTE_NINE_X "ldr.w r10, [r12], #4\n\t"
#define MOTE_NINE_SUM(low, high, w) "smlal " #low ", " #high ", r10, " #w "\n\t"

/* A row of the window, of 64 bytes of code. */
#define MOTE_NINE_ROW(w0, w1)                                                                        \
    "vmov r11, s" #w0 "\n\tvmov lr, s" #w1 "\n\t"                                                    \
    MOTE_NINE_X MOTE_NINE_SUM(r0, r1, lr) MOTE_NINE_SUM(r2, r3, r11)                                 \
    MOTE_NINE_X MOTE_NINE_SUM(r2, r3, lr) MOTE_NINE_SUM(r4, r5, r11)                                 \
    MOTE_NINE_X MOTE_NINE_SUM(r4, r5, lr) MOTE_NINE_SUM(r6, r7, r11)                                 \
    MOTE_NINE_X MOTE_NINE_SUM(r6, r7, lr) MOTE_NINE_SUM(r8, r9, r11)                                 \
    MOTE_NINE_X MOTE_NINE_SUM(r8, r9, lr)

#define MOTE_NINE_EVEN(low, high) "lsr " low ", " low ", #21\n\tbfi " low ", " high ", #11, #10\n\t"
#define MOTE_NINE_ODD(high, next) "ubfx r12, " next ", #0, #21\n\tadd " high ", r12, " high ", asr #10\n\t"
#define MOTE_NINE_SCALE(sum) "smmla " sum ", " sum ", r10, r11\n\t"
#define MOTE_NINE_SATURATE(sum) "ssat " sum ", #8, " sum ", asr #4\n\t"

/* Registers: r0 to r9 sums, two each, r10 x, r11 and lr weights, r12 words of x. The stack holds the job. */
__attribute__((naked, noinline, unused)) static void
mote_depthwise_slots(__attribute__((unused)) const mote_slots_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r1-r5}\n\t"
        "adds r5, r5, #4\n\t"
        "vldm r5, {s0-s8}\n\t"
        "push {r1-r4}\n\t"
        "mov r10, r1\n\t"
        ".balign 4\n\t"
        "1: ldm r10!, {r11, r12}\n\t"
        "str r10, [sp]\n\t"
        "vmov r9, s8\n\t"
        "adr.w r10, 2f\n\t"
        "add r11, r10, r11, lsl #6\n\t"
        "add r0, r9, r9, lsl #21\n\t"
        "lsr r1, r9, #11\n\t"
        "mov r2, r0\n\t"
        "mov r3, r1\n\t"
        "mov r4, r0\n\t"
        "mov r5, r1\n\t"
        "mov r6, r0\n\t"
        "mov r7, r1\n\t"
        "mov r8, r0\n\t"
        "mov r9, r1\n\t"
        "mov pc, r11\n\t"
        ".balign 4\n\t"
        "2:\n\t" MOTE_NINE_ROW(0, 1) MOTE_NINE_ROW(2, 3) MOTE_NINE_ROW(4, 5)
        /* Multiplier r10, constant r11; then y lr, distances of pixels r12, r9, r10 and r11. */
        "vmov r10, s6\n\t"
        "vmov r11, s7\n\t"
        MOTE_NINE_EVEN("r0", "r1")
        MOTE_NINE_ODD("r1", "r2")
        MOTE_NINE_EVEN("r2", "r3")
        MOTE_NINE_ODD("r3", "r4")
        MOTE_NINE_EVEN("r4", "r5")
        MOTE_NINE_ODD("r5", "r6")
        MOTE_NINE_EVEN("r6", "r7")
        MOTE_NINE_ODD("r7", "r8")
        MOTE_NINE_EVEN("r8", "r9")
        MOTE_NINE_SCALE("r0") MOTE_NINE_SCALE("r1") MOTE_NINE_SCALE("r2") MOTE_NINE_SCALE("r3")
        MOTE_NINE_SCALE("r4") MOTE_NINE_SCALE("r5") MOTE_NINE_SCALE("r6") MOTE_NINE_SCALE("r7")
        MOTE_NINE_SCALE("r8")
        "ldr lr, [sp, #4]\n\t"
        "ldr r12, [sp, #8]\n\t"
        MOTE_NINE_SATURATE("r0") MOTE_NINE_SATURATE("r1") MOTE_NINE_SATURATE("r2") MOTE_NINE_SATURATE("r3")
        MOTE_NINE_SATURATE("r4") MOTE_NINE_SATURATE("r5") MOTE_NINE_SATURATE("r6") MOTE_NINE_SATURATE("r7")
        MOTE_NINE_SATURATE("r8")
        "add r9, r12, r12, lsl #1\n\t"
        "add r10, r12, r12, lsl #2\n\t"
        "rsb r11, r12, r12, lsl #3\n\t"
        "strb r0, [lr]\n\t"
        "strb r1, [lr, r12]\n\t"
        "strb r2, [lr, r12, lsl #1]\n\t"
        "strb r3, [lr, r9]\n\t"
        "strb r4, [lr, r12, lsl #2]\n\t"
        "strb r5, [lr, r10]\n\t"
        "strb r6, [lr, r9, lsl #1]\n\t"
        "strb r7, [lr, r11]\n\t"
        "strb r8, [lr, r12, lsl #3]\n\t"
        "add lr, lr, r12, lsl #3\n\t"
        "add lr, lr, r12\n\t"
        "str lr, [sp, #4]\n\t"
        "ldr r10, [sp]\n\t"
        "ldr r9, [sp, #12]\n\t"
        "cmp r10, r9\n\t"
        "bne 1b\n\t"
        "add sp, sp, #16\n\t"
        "pop {r4-r11, pc}\n\t");
}

#endif

#endif
