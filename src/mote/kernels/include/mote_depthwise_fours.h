/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the DSP depthwise convolution that computes four pixels at a time: all channels of one output
 * row, kernel 3 x 3, horizontal stride 1, one column of padding on each side; x is read in place. Rows have a
 * multiple of 4 pixels.
 *
 * Sums, requantisation and overflow as in mote_depthwise_row.h; but four columns and the last two of the four
 * before are in registers at once, and of the third row two values from before. */
#ifndef MOTE_DEPTHWISE_FOURS_H
#define MOTE_DEPTHWISE_FOURS_H

#include "mote_depthwise_frame.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#define MOTE_FOURS_SUM(s, p0, p1, p2)                                                                \
    "smlad " s ", " p0 ", r11, r2\n\t"                                                               \
    "smlad " s ", " p1 ", r12, " s "\n\t"                                                            \
    "smlad " s ", " p2 ", lr, " s "\n\t"

/* Y: r2 y of the first pixel, r12 and r11 from there to the second and fourth; X: r12 and r11 of x again. Where pixels
 * of y lie as those of x, y is told from pixel 1 of x. */
#if MOTE_STRIDED
#define MOTE_FOURS_START
#define MOTE_FOURS_START_Y                                                                           \
    "ldr r1, [sp, #60]\n\t"                                                                          \
    "add r1, r0, r1\n\t"                                                                             \
    "str r1, [sp, #40]\n\t"
#define MOTE_FOURS_Y                                                                                 \
    "ldr r2, [sp, #40]\n\t"                                                                          \
    "ldr r11, [sp, #76]\n\t"                                                                         \
    "ldr r12, [sp, #72]\n\t"
#define MOTE_FOURS_NEXT_Y                                                                            \
    "add r3, r2, r12, lsl #2\n\t"                                                                    \
    "str r3, [sp, #40]\n\t"
#define MOTE_FOURS_X "ldr r12, [sp, #44]\n\tldr r11, [sp, #48]\n\t"
#else
#define MOTE_FOURS_START                                                                             \
    "ldr r1, [sp, #44]\n\t"                                                                          \
    "ldr r2, [sp, #60]\n\t"                                                                          \
    "subs r2, r2, r1\n\t"                                                                            \
    "str r2, [sp, #60]\n\t"
#define MOTE_FOURS_START_Y
#define MOTE_FOURS_Y "ldr r2, [sp, #60]\n\tldr r11, [sp, #48]\n\t"
#define MOTE_FOURS_NEXT_Y "add r2, r0, r2\n\t"
#define MOTE_FOURS_X
#endif

/* Registers: r0 x; r4 and r5 the columns left of and at pixel 0, r6 those values of the third row; r12 and r11 from
 * a pixel to the first and third one behind it. */
__attribute__((naked, noinline, unused)) static void
mote_depthwise_row(__attribute__((unused)) const mote_depthwise_row_job *job)
{
    __asm volatile(
        ".syntax unified\n\t" MOTE_FRAME_PUSH MOTE_FOURS_START
        /* A channel. */
        "1:\n\t" MOTE_FRAME_CHANNEL MOTE_FOURS_START_Y
        /* The padding and column 0. */
        "ldr r3, [sp, #64]\n\t"
        "ldr r2, [sp, #68]\n\t"
        "ldr r4, [sp, #56]\n\t"
        "ldr lr, [sp, #84]\n\t"
        "ldrsb r5, [r0, r3]\n\t"
        "ldrsb r11, [r0, r2]\n\t"
        "ldrsb r6, [r0]\n\t"
        "ldr r12, [sp, #44]\n\t"
        "add lr, r0, lr\n\t"
        "str lr, [sp, #32]\n\t"
        "pkhbt r5, r5, r11, lsl #16\n\t"
        "ldr r11, [sp, #48]\n\t"
        "pkhbt r6, r4, r6, lsl #16\n\t"
        "add r0, r0, r12\n\t"
        "cmp r0, lr\n\t"
        ".balign 4\n\t"
        /* Four pixels; equal: the last ones. Columns r7 to r10. */
        "2: add r3, r0, r3\n\t"
        "add r2, r0, r2\n\t"
        "beq 5f\n\t"
        "ldrsb r10, [r3, r11]\n\t"
        "ldrsb r11, [r2, r11]\n\t"
        "3: ldrsb r7, [r3]\n\t"
        "ldrsb r8, [r3, r12]\n\t"
        "ldrsb r9, [r3, r12, lsl #1]\n\t"
        "ldrsb lr, [r2, r12]\n\t"
        "ldrsb r1, [r2, r12, lsl #1]\n\t"
        "ldrsb r12, [r2]\n\t"
        "pkhbt r7, r7, r12, lsl #16\n\t"
        "pkhbt r8, r8, lr, lsl #16\n\t"
        "pkhbt r9, r9, r1, lsl #16\n\t"
        "pkhbt r10, r10, r11, lsl #16\n\t"
        "ldr r11, [sp]\n\t"
        "ldr r12, [sp, #4]\n\t"
        "ldr lr, [sp, #8]\n\t"
        "ldr r2, [sp, #12]\n\t"
        MOTE_FOURS_SUM("r4", "r4", "r5", "r7")
        MOTE_FOURS_SUM("r5", "r5", "r7", "r8")
        MOTE_FOURS_SUM("r7", "r7", "r8", "r9")
        MOTE_FOURS_SUM("r8", "r8", "r9", "r10")
        /* The third row: r6 two values, r11 (w[2][0], w[2][1]), lr (w[2][1], w[2][2]). */
        "ldr r11, [sp, #16]\n\t"
        "ldr lr, [sp, #20]\n\t"
        "ldr r12, [sp, #44]\n\t"
        "ldrsb r2, [r0]\n\t"
        "ldrsb r3, [r0, r12]\n\t"
        "smlad r4, r6, r11, r4\n\t"
        "smlatb r5, r6, r11, r5\n\t"
        "pkhbt r6, r2, r3, lsl #16\n\t"
        "smlabt r4, r2, lr, r4\n\t"
        "smlad r5, r6, lr, r5\n\t"
        "smlad r7, r6, r11, r7\n\t"
        "beq 6f\n\t"
        "ldr r3, [sp, #48]\n\t"
        "ldrsb r2, [r0, r12, lsl #1]\n\t"
        "ldrsb r3, [r0, r3]\n\t"
        "4: smlatb r8, r6, r11, r8\n\t"
        "pkhbt r6, r2, r3, lsl #16\n\t"
        "smlabt r7, r2, lr, r7\n\t"
        "smlad r8, r6, lr, r8\n\t"
        "ldr r3, [sp, #24]\n\t"
        MOTE_FOURS_Y
        MOTE_ROW_SCALE("r4", "r3")
        MOTE_ROW_SCALE("r5", "r3")
        MOTE_ROW_SCALE("r7", "r3")
        MOTE_ROW_SCALE("r8", "r3")
        MOTE_ROW_SATURATE("r4")
        MOTE_ROW_SATURATE("r5")
        MOTE_ROW_SATURATE("r7")
        MOTE_ROW_SATURATE("r8")
        MOTE_FOURS_NEXT_Y
        "strb r4, [r2]\n\t"
        "strb r5, [r2, r12]\n\t"
        "strb r7, [r2, r12, lsl #1]\n\t"
        "strb r8, [r2, r11]\n\t"
        MOTE_FOURS_X
        "ldr r3, [sp, #64]\n\t"
        "ldr r2, [sp, #68]\n\t"
        "ldr lr, [sp, #32]\n\t"
        "mov r4, r9\n\t"
        "mov r5, r10\n\t"
        "add r0, r0, r12, lsl #2\n\t"
        "cmp r0, lr\n\t"
        "bls 2b\n\t"
        MOTE_FRAME_IS_MORE
        "bne 1b\n\t"
        MOTE_FRAME_POP
        /* The padding right of the last pixel. */
        "5: ldr r10, [sp, #56]\n\t"
        "mov r11, r10\n\t"
        "b 3b\n\t"
        "6: ldr r3, [sp, #56]\n\t"
        "ldrsb r2, [r0, r12, lsl #1]\n\t"
        "b 4b\n\t");
}

#else

#include "mote_depthwise_row_portable.h"

static void mote_depthwise_row(const mote_depthwise_row_job *job)
{
    mote_depthwise_row_portable(job, (int32_t)(job->last / job->x_1) + 3, 1);
}

#endif

#endif
