/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the DSP depthwise convolution with horizontal stride 2 that computes three pixels at a time: all
 * channels of one output row, kernel 3 x 3, at most one column of padding on each side; x is read in place. Rows of y
 * have a multiple of 3 pixels.
 *
 * Sums, requantisation and overflow as in mote_depthwise_row.h; but six columns and the last one of the three pixels
 * before are in registers at once. */
#ifndef MOTE_DEPTHWISE_THREES_H
#define MOTE_DEPTHWISE_THREES_H

#include "mote_depthwise_row_job.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#define MOTE_THREES_SUM(s, p0, p1, p2)                                                               \
    "smlad " s ", " p0 ", r1, r5\n\t"                                                                \
    "smlad " s ", " p1 ", r2, " s "\n\t"                                                             \
    "smlad " s ", " p2 ", r3, " s "\n\t"
#define MOTE_THREES_SCALE(s) "smmla " s ", " s ", r1, r2\n\t"
#define MOTE_THREES_SHIFT(s) "asr " s ", " s ", r8\n\tssat " s ", #8, " s ", asr #1\n\t"

/* Registers: r0 x at the second column of a window, r4 the first one; r12, lr and r1 from a pixel of x to the first,
 * third and fifth one behind it. The stack holds W0, W1, W2, bias, (w[2][0], w[2][1]), (w[2][1], w[2][2]), multiplier,
 * offset, shift; where the last three start; the third row's first value of a window; y; and at 48 the job. */
__attribute__((naked, noinline, unused)) static void
mote_depthwise_row(__attribute__((unused)) const mote_depthwise_row_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "adds r0, r0, #68\n\t"
        "ldmdb r0!, {r1-r5}\n\t"
        "push {r1-r5}\n\t"
        "ldmdb r0!, {r1-r12}\n\t"
        "push {r1-r12}\n\t"
        "sub sp, sp, #48\n\t"
        /* A channel. */
        "1: ldr r1, [sp, #112]\n\t"
        "ldr r0, [sp, #108]\n\t"
        "ldm r1!, {r2, r3, r5, r6, r9}\n\t"
        "str r1, [sp, #112]\n\t"
        "uxtab r1, r0, r2, ror #8\n\t"
        "str r1, [sp, #108]\n\t"
        "ldr r10, [sp, #64]\n\t"
        "ldr r12, [sp, #68]\n\t"
        "lsl r4, r3, #8\n\t"
        "lsl r7, r5, #8\n\t"
        "and r3, r3, #0xff00ff00\n\t"
        "and r4, r4, #0xff00ff00\n\t"
        "and r5, r5, #0xff00ff00\n\t"
        "and r7, r7, #0xff00ff00\n\t"
        "pkhtb r8, r2, r7, asr #16\n\t"
        "lsl r10, r10, r2\n\t"
        "add r10, r10, r12\n\t"
        "mov r11, r2\n\t"
        "stm sp, {r3-r11}\n\t"
        "ldr r1, [sp, #72]\n\t"
        "ldr r5, [sp, #96]\n\t"
        "add r1, r0, r1\n\t"
        "add r5, r0, r5\n\t"
        "str r1, [sp, #44]\n\t"
        "str r5, [sp, #36]\n\t"
        /* The column that the first window starts with. */
        "ldr r6, [sp, #100]\n\t"
        "ldr r4, [sp, #60]\n\t"
        "ldr r3, [sp, #76]\n\t"
        "ldr r2, [sp, #80]\n\t"
        "ldr r12, [sp, #48]\n\t"
        "ldr lr, [sp, #52]\n\t"
        "ldr r1, [sp, #56]\n\t"
        "cbnz r6, 7f\n\t"
        "ldrsb r4, [r0, r3]\n\t"
        "ldrsb r7, [r0, r2]\n\t"
        "ldrsb r6, [r0]\n\t"
        "pkhbt r4, r4, r7, lsl #16\n\t"
        "str r6, [sp, #40]\n\t"
        "add r0, r0, r12\n\t"
        "b 8f\n\t"
        "7: str r4, [sp, #40]\n\t"
        "8: cmp r0, r5\n\t"
        ".balign 4\n\t"
        /* Three pixels; equal: the last ones, with padding. Columns r6 to r11. */
        "2: add r3, r0, r3\n\t"
        "add r2, r0, r2\n\t"
        "beq 5f\n\t"
        "ldrsb r11, [r3, r1]\n\t"
        "ldrsb r1, [r2, r1]\n\t"
        "3: ldrsb r6, [r3]\n\t"
        "ldrsb r7, [r3, r12]\n\t"
        "ldrsb r8, [r3, r12, lsl #1]\n\t"
        "ldrsb r9, [r3, lr]\n\t"
        "ldrsb r10, [r3, r12, lsl #2]\n\t"
        "ldrsb r5, [r2, r12]\n\t"
        "ldrsb r3, [r2, r12, lsl #1]\n\t"
        "ldrsb lr, [r2, lr]\n\t"
        "ldrsb r12, [r2, r12, lsl #2]\n\t"
        "ldrsb r2, [r2]\n\t"
        "pkhbt r7, r7, r5, lsl #16\n\t"
        "pkhbt r8, r8, r3, lsl #16\n\t"
        "pkhbt r9, r9, lr, lsl #16\n\t"
        "pkhbt r10, r10, r12, lsl #16\n\t"
        "pkhbt r11, r11, r1, lsl #16\n\t"
        "pkhbt r6, r6, r2, lsl #16\n\t"
        "ldr r1, [sp]\n\t"
        "ldr r2, [sp, #4]\n\t"
        "ldr r3, [sp, #8]\n\t"
        "ldr r5, [sp, #12]\n\t"
        MOTE_THREES_SUM("r4", "r4", "r6", "r7")
        MOTE_THREES_SUM("r6", "r7", "r8", "r9")
        MOTE_THREES_SUM("r7", "r9", "r10", "r11")
        /* The third row: r1 (w[2][0], w[2][1]), r2 (w[2][1], w[2][2]). */
        "beq 6f\n\t"
        "ldr r3, [sp, #56]\n\t"
        "ldr r1, [sp, #16]\n\t"
        "ldrsb r3, [r0, r3]\n\t"
        "4: ldr r2, [sp, #20]\n\t"
        "ldr r12, [sp, #48]\n\t"
        "ldr lr, [sp, #52]\n\t"
        "ldr r5, [sp, #40]\n\t"
        "ldrsb r8, [r0]\n\t"
        "ldrsb r9, [r0, r12]\n\t"
        "ldrsb r10, [r0, r12, lsl #1]\n\t"
        "ldrsb lr, [r0, lr]\n\t"
        "ldrsb r12, [r0, r12, lsl #2]\n\t"
        "str r3, [sp, #40]\n\t"
        "pkhbt r8, r8, r9, lsl #16\n\t"
        "pkhbt r10, r10, lr, lsl #16\n\t"
        "pkhbt r12, r12, r3, lsl #16\n\t"
        "smlabb r4, r5, r1, r4\n\t"
        "smlatb r6, r8, r1, r6\n\t"
        "smlatb r7, r10, r1, r7\n\t"
        "smlad r4, r8, r2, r4\n\t"
        "smlad r6, r10, r2, r6\n\t"
        "smlad r7, r12, r2, r7\n\t"
        /* Multiplier r1, offset r2, shift r8, y r3. */
        "ldr r1, [sp, #24]\n\t"
        "ldr r2, [sp, #28]\n\t"
        "ldr r8, [sp, #32]\n\t"
        "ldr r3, [sp, #44]\n\t"
        "ldr r12, [sp, #84]\n\t"
        "ldr lr, [sp, #88]\n\t"
        MOTE_THREES_SCALE("r4") MOTE_THREES_SCALE("r6") MOTE_THREES_SCALE("r7")
        MOTE_THREES_SHIFT("r4") MOTE_THREES_SHIFT("r6") MOTE_THREES_SHIFT("r7")
        "strb r4, [r3]\n\t"
        "strb r6, [r3, r12]\n\t"
        "strb r7, [r3, r12, lsl #1]\n\t"
        "add r3, r3, lr\n\t"
        "str r3, [sp, #44]\n\t"
        "ldr r12, [sp, #48]\n\t"
        "ldr lr, [sp, #52]\n\t"
        "ldr r1, [sp, #56]\n\t"
        "ldr r3, [sp, #76]\n\t"
        "ldr r2, [sp, #80]\n\t"
        "ldr r5, [sp, #36]\n\t"
        "mov r4, r11\n\t"
        "add r0, r0, lr, lsl #1\n\t"
        "cmp r0, r5\n\t"
        "bls 2b\n\t"
        "ldr r1, [sp, #32]\n\t"
        "tst r1, #0xff00\n\t"
        "bne 1b\n\t"
        "add sp, sp, #116\n\t"
        "pop {r4-r11, pc}\n\t"
        /* The padding right of the image. */
        "5: ldr r11, [sp, #60]\n\t"
        "mov r1, r11\n\t"
        "b 3b\n\t"
        "6: ldr r3, [sp, #60]\n\t"
        "ldr r1, [sp, #16]\n\t"
        "b 4b\n\t");
}

#else

#include "mote_depthwise_row_portable.h"

static void mote_depthwise_row(const mote_depthwise_row_job *job)
{
    const int32_t last = (int32_t)(job->last / job->x_1 + job->left_pad);
    mote_depthwise_row_portable(job, (last + 5) / 2, 2);
}

#endif

#endif
