/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the DSP depthwise convolution of short rows: all channels of one output row of MOTE_WIDTH pixels,
 * 3 to 6, kernel 3 x 3, horizontal stride 1, one column of padding on each side; x is read in place.
 *
 * A row of a channel is in registers at once. The upper two values of a column make one word P, those of the third
 * row make words (l0, l1), (l2, l3), ..., so that nine taps are five multiplications of halfwords:
 *
 *     P[i-1] . W0 + P[i] . W1 + P[i+1] . W2 + (l[i-1] * w[2][0] + l[i] * w[2][1] + l[i+1] * w[2][2])
 *
 * with Wi = (w[0][i], w[1][i]). Weights are the upper bytes of halfwords, all sums 256 times those of the formula.
 * One multiplication and one shift by a constant requantise them:
 *     y = saturate(((256 * sum + offset) * multiplier / 2^32, rounded down) >> 8)
 * with numbers for which that is the layer's requantisation of every sum that occurs; lower/depthwise_rows.py finds
 * and proves them.
 *
 * No overflow: |256 * sum + offset| < 2^31 at any moment, checked at compile time; multipliers are below 2^31. */
#ifndef MOTE_DEPTHWISE_ROW_H
#define MOTE_DEPTHWISE_ROW_H

#include "mote_depthwise_frame.h"

#ifndef MOTE_WIDTH
#define MOTE_WIDTH 6
#endif

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Code for rows of so many pixels; NEXT: a column, or the padding right of the last one; LAST: its sum. */
#if MOTE_WIDTH == 3
#define MOTE_ONLY_3(code) code
#define MOTE_FROM_4(code)
#define MOTE_NEXT_3 "r3"
#define MOTE_LAST "r5"
#else
#define MOTE_ONLY_3(code)
#define MOTE_FROM_4(code) code
#define MOTE_NEXT_3 "r7"
#endif
#if MOTE_WIDTH < 5
#define MOTE_FROM_5(code)
#define MOTE_NEXT_4 "r3"
#else
#define MOTE_FROM_5(code) code
#define MOTE_NEXT_4 "r8"
#endif
#if MOTE_WIDTH == 4
#define MOTE_LAST "r6"
#endif
#if MOTE_WIDTH == 5
#define MOTE_ONLY_5(code) code
#define MOTE_LAST "r7"
#else
#define MOTE_ONLY_5(code)
#endif
#if MOTE_WIDTH == 6
#define MOTE_FROM_6(code) code
#define MOTE_NEXT_5 "r9"
#define MOTE_LAST "r8"
#else
#define MOTE_FROM_6(code)
#define MOTE_NEXT_5 "r3"
#endif

/* Distances of pixels to r12, r11, lr; of y where those are others. */
#define MOTE_ROW_FAR MOTE_FROM_4("ldr r11, [sp, #4]\n\t") MOTE_FROM_6("ldr lr, [sp, #8]\n\t")
#if MOTE_STRIDED
#define MOTE_ROW_PUSH "ldm r0, {r1-r10}\n\tldr r11, [r0, #60]\n\tpush {r1-r11}\n\tldr r1, [r0, #56]\n\tldr r0, [r0, #52]\n\t"
#define MOTE_ROW_POP "add sp, sp, #44\n\t"
#define MOTE_ROW_FORM "[sp, #40]"
#define MOTE_ROW_Y "ldr r12, [sp, #28]\n\t" MOTE_FROM_4("ldr r11, [sp, #32]\n\t") MOTE_FROM_6("ldr lr, [sp, #36]\n\t")
#define MOTE_ROW_X_AGAIN "ldr r12, [sp]\n\t" MOTE_ROW_FAR
#else
#define MOTE_ROW_PUSH "ldm r0, {r1-r7}\n\tldr r8, [r0, #60]\n\tpush {r1-r8}\n\tldr r1, [r0, #56]\n\tldr r0, [r0, #52]\n\t"
#define MOTE_ROW_POP "add sp, sp, #32\n\t"
#define MOTE_ROW_FORM "[sp, #28]"
#define MOTE_ROW_Y MOTE_ROW_FAR
#define MOTE_ROW_X_AGAIN
#endif

/* Registers: r0 x and r1 channel throughout; r2 the sum of pixel 0, and r4 to r8 those of the others, which
 * hold the columns left of theirs before. The stack holds the job up to row_1, with
 * strides to y_5, and where the channel's form is. */
__attribute__((naked, noinline, unused)) static void
mote_depthwise_row(__attribute__((unused)) const mote_depthwise_row_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t" MOTE_ROW_PUSH
        "ldr r12, [sp]\n\t" MOTE_ROW_FAR
        "ldr r3, [sp, #20]\n\t"
        "ldr r2, [sp, #24]\n\t"
        ".balign 4\n\t"
        /* Columns of the upper rows, r4 to r9: first row, second row, words of both. */
        "1: add r3, r0, r3\n\t"
        "add r2, r0, r2\n\t"
        "ldrsb r4, [r3]\n\t"
        "ldrsb r5, [r3, r12]\n\t"
        "ldrsb r6, [r3, r12, lsl #1]\n\t"
        MOTE_FROM_4("ldrsb r7, [r3, r11]\n\t")
        MOTE_FROM_5("ldrsb r8, [r3, r12, lsl #2]\n\t")
        MOTE_FROM_6("ldrsb r9, [r3, lr]\n\t"
                    "ldrsb r10, [r2, lr]\n\t")
        "ldrsb lr, [r2, r12]\n\t"
        "ldrsb r3, [r2, r12, lsl #1]\n\t"
        MOTE_FROM_4("ldrsb r11, [r2, r11]\n\t")
        MOTE_FROM_5("ldrsb r12, [r2, r12, lsl #2]\n\t")
        "ldrsb r2, [r2]\n\t"
        "pkhbt r5, r5, lr, lsl #16\n\t"
        "pkhbt r6, r6, r3, lsl #16\n\t"
        MOTE_FROM_4("pkhbt r7, r7, r11, lsl #16\n\t")
        MOTE_FROM_5("pkhbt r8, r8, r12, lsl #16\n\t")
        MOTE_FROM_6("pkhbt r9, r9, r10, lsl #16\n\t")
        "pkhbt r4, r4, r2, lsl #16\n\t"
        /* W0, W1, W2 and bias in r10, r11, r12, lr; a column of padding in r3. */
        "ldr r10, [r1]\n\t"
        "ldr r12, [r1, #4]\n\t"
        "ldr lr, [r1, #8]\n\t"
        "ldr r3, [sp, #12]\n\t"
        "lsl r11, r10, #8\n\t"
        "and r10, r10, #0xff00ff00\n\t"
        "and r11, r11, #0xff00ff00\n\t"
        "smlad r2, r3, r10, lr\n\t"
        "and r12, r12, #0xff00ff00\n\t"
        "smlad r2, r4, r11, r2\n\t"
        "smlad r2, r5, r12, r2\n\t"
        MOTE_ROW_SUM("r4", "r4", "r5", "r6")
        MOTE_ROW_SUM("r5", "r5", "r6", MOTE_NEXT_3)
        MOTE_FROM_4(MOTE_ROW_SUM("r6", "r6", "r7", MOTE_NEXT_4))
        MOTE_FROM_5(MOTE_ROW_SUM("r7", "r7", "r8", MOTE_NEXT_5))
        MOTE_FROM_6(MOTE_ROW_SUM("r8", "r8", "r9", "r3"))
        /* r10 (w[2][0], w[2][1]), r11 (w[2][1], w[2][2]), lr (l0, l1); padding. */
        "ldr r12, [sp]\n\t"
        "ldr r10, [r1, #4]\n\t"
        "ldr r11, " MOTE_ROW_FORM "\n\t"
        "ldrsb lr, [r0]\n\t"
        "ldrsb r9, [r0, r12]\n\t"
        "ldrb r11, [r11]\n\t"
        "lsl r10, r10, #8\n\t"
        "lsl r11, r11, #24\n\t"
        "and r10, r10, #0xff00ff00\n\t"
        "pkhbt lr, lr, r9, lsl #16\n\t"
        "pkhtb r11, r11, r10, asr #16\n\t"
        "smlabb r2, r3, r10, r2\n\t"
        "smlabt " MOTE_LAST ", r3, r11, " MOTE_LAST "\n\t"
        /* r9 (l2, l3), r8 l4 of 5 */
        MOTE_FROM_4("ldr r3, [sp, #4]\n\t")
        "ldrsb r9, [r0, r12, lsl #1]\n\t"
        MOTE_ONLY_5("ldrsb r8, [r0, r12, lsl #2]\n\t")
        MOTE_FROM_4("ldrsb r3, [r0, r3]\n\t")
        "smlad r2, lr, r11, r2\n\t"
        "smlad r4, lr, r10, r4\n\t"
        "smlatb r5, lr, r10, r5\n\t"
        "smlabt r4, r9, r11, r4\n\t"
        MOTE_ONLY_3("smlabb r5, r9, r11, r5\n\t")
        MOTE_FROM_4("pkhbt r9, r9, r3, lsl #16\n\t"
                    "smlad r5, r9, r11, r5\n\t")
        /* lr (l4, l5) of 6 */
        MOTE_FROM_6("ldr r3, [sp, #8]\n\t"
                    "ldrsb lr, [r0, r12, lsl #2]\n\t"
                    "ldrsb r3, [r0, r3]\n\t")
        MOTE_FROM_4("smlad r6, r9, r10, r6\n\t")
        MOTE_FROM_5("smlatb r7, r9, r10, r7\n\t")
        MOTE_ONLY_5("smlabt r6, r8, r11, r6\n\t"
                    "smlabb r7, r8, r11, r7\n\t")
        MOTE_FROM_6("smlabt r6, lr, r11, r6\n\t"
                    "pkhbt lr, lr, r3, lsl #16\n\t"
                    "smlad r7, lr, r11, r7\n\t"
                    "smlad r8, lr, r10, r8\n\t")
        /* Multiplier r10, where the channel's form is r9, y r3. */
        "ldr r10, [r1, #12]\n\t"
        "ldr r3, [sp, #16]\n\t"
        "ldr r9, " MOTE_ROW_FORM "\n\t"
        MOTE_ROW_Y
        "adds r1, r1, #16\n\t"
        MOTE_ROW_SCALE("r2", "r10")
        "add r3, r0, r3\n\t"
        MOTE_ROW_SCALE("r4", "r10")
        MOTE_ROW_SCALE("r5", "r10")
        MOTE_ROW_SATURATE("r2")
        MOTE_FROM_4(MOTE_ROW_SCALE("r6", "r10"))
        MOTE_ROW_SATURATE("r4")
        MOTE_FROM_5(MOTE_ROW_SCALE("r7", "r10"))
        MOTE_ROW_SATURATE("r5")
        MOTE_FROM_6(MOTE_ROW_SCALE("r8", "r10"))
        "ldrh r10, [r9], #2\n\t"
        MOTE_FROM_4(MOTE_ROW_SATURATE("r6"))
        MOTE_FROM_5(MOTE_ROW_SATURATE("r7"))
        MOTE_FROM_6(MOTE_ROW_SATURATE("r8"))
        "str r9, " MOTE_ROW_FORM "\n\t"
        "uxtab r0, r0, r10, ror #8\n\t"
        "tst r10, #0xff00\n\t"
        "strb r2, [r3]\n\t"
        "strb r4, [r3, r12]\n\t"
        "strb r5, [r3, r12, lsl #1]\n\t"
        MOTE_FROM_4("strb r6, [r3, r11]\n\t")
        MOTE_FROM_5("strb r7, [r3, r12, lsl #2]\n\t")
        MOTE_FROM_6("strb r8, [r3, lr]\n\t")
        MOTE_ROW_X_AGAIN
        "ldr r3, [sp, #20]\n\t"
        "ldr r2, [sp, #24]\n\t"
        "bne 1b\n\t"
        MOTE_ROW_POP
        "pop {r4-r11, pc}\n\t");
}

#else

#include "mote_depthwise_row_portable.h"

static void mote_depthwise_row(const mote_depthwise_row_job *job)
{
    mote_depthwise_row_portable(job, MOTE_WIDTH, 1);
}

#endif

#endif
