/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the DSP depthwise convolution that computes six pixels at a time: all channels of one output row,
 * kernel 3 x 3, horizontal stride 1, one column of padding on each side; x is read in place. Rows have a multiple of 6
 * pixels, or MOTE_TAIL more, 2 to 4.
 *
 * Sums, requantisation and overflow as in mote_depthwise_row.h; but six columns and the last two of the six before are
 * in registers at once, and of the third row two values from before are on the stack. */
#ifndef MOTE_DEPTHWISE_SIXES_H
#define MOTE_DEPTHWISE_SIXES_H

#include "mote_depthwise_frame.h"

#ifndef MOTE_TAIL
#define MOTE_TAIL 0
#endif

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* What the last of the sixes has, and what follows them: code for so many pixels. */
#if MOTE_TAIL
#define MOTE_SIXES_LAST(code)
#define MOTE_SIXES_TAIL(code) code
#else
#define MOTE_SIXES_LAST(code) code
#define MOTE_SIXES_TAIL(code)
#endif
#if MOTE_TAIL == 2
#define MOTE_TAIL_2(code) code
#define MOTE_TAIL_NEXT_1 "r7"
#else
#define MOTE_TAIL_2(code)
#define MOTE_TAIL_NEXT_1 "r5"
#endif
#if MOTE_TAIL > 2
#define MOTE_TAIL_FROM_3(code) code
#else
#define MOTE_TAIL_FROM_3(code)
#endif
#if MOTE_TAIL == 3
#define MOTE_TAIL_3(code) code
#define MOTE_TAIL_NEXT_2 "r7"
#else
#define MOTE_TAIL_3(code)
#define MOTE_TAIL_NEXT_2 "r6"
#endif
#if MOTE_TAIL == 4
#define MOTE_TAIL_4(code) code
#else
#define MOTE_TAIL_4(code)
#endif

/* Y: r10 what y is told from, r12, r11 and lr from pixel 0 of y to pixels 1, 3 and 5; NEXT_Y: r1 y; X: r12, r11 and lr of
 * x again. Where pixels of y lie as those of x, y is told from pixel 1 of x. */
#if MOTE_STRIDED
#define MOTE_SIXES_START
#define MOTE_SIXES_START_Y                                                                           \
    "ldr r1, [sp, #60]\n\t"                                                                          \
    "add r1, r0, r1\n\t"                                                                             \
    "str r1, [sp, #40]\n\t"
#define MOTE_SIXES_Y                                                                                 \
    "ldr r10, [sp, #40]\n\t"                                                                          \
    "ldr r12, [sp, #72]\n\t"                                                                         \
    "ldr r11, [sp, #76]\n\t"                                                                         \
    "ldr lr, [sp, #80]\n\t"
#define MOTE_SIXES_NEXT_Y                                                                            \
    "mov r1, r10\n\t"                                                                                \
    "add r10, r10, r11, lsl #1\n\t"                                                                  \
    "str r10, [sp, #40]\n\t"
#define MOTE_SIXES_TAIL_Y                                                                            \
    "ldr r1, [sp, #40]\n\t"                                                                          \
    "ldr r12, [sp, #72]\n\t" MOTE_TAIL_4("ldr r11, [sp, #76]\n\t")
#define MOTE_SIXES_X "ldr r12, [sp, #44]\n\tldr r11, [sp, #48]\n\tldr lr, [sp, #52]\n\t"
#else
#define MOTE_SIXES_START                                                                             \
    "ldr r1, [sp, #44]\n\t"                                                                          \
    "ldr r2, [sp, #60]\n\t"                                                                          \
    "subs r2, r2, r1\n\t"                                                                            \
    "str r2, [sp, #60]\n\t"
#define MOTE_SIXES_START_Y
#define MOTE_SIXES_Y "ldr r10, [sp, #60]\n\tldr r11, [sp, #48]\n\tldr lr, [sp, #52]\n\t"
#define MOTE_SIXES_NEXT_Y "add r1, r0, r10\n\t"
#define MOTE_SIXES_TAIL_Y                                                                            \
    "ldr r1, [sp, #60]\n\t"                                                                          \
    "ldr r12, [sp, #44]\n\t" MOTE_TAIL_4("ldr r11, [sp, #48]\n\t") "add r1, r0, r1\n\t"
#define MOTE_SIXES_X
#endif

/* Registers: r0 x at pixel 1; r2 and r3 the columns left of and at pixel 0; r12, r11 and lr from a pixel of x to the
 * first, third and fifth one behind it. At 36 the stack holds the third row's values of the first two columns. */
__attribute__((naked, noinline, unused)) static void
mote_depthwise_row(__attribute__((unused)) const mote_depthwise_row_job *job)
{
    __asm volatile(
        ".syntax unified\n\t" MOTE_FRAME_PUSH MOTE_SIXES_START
        /* A channel. */
        "1:\n\t" MOTE_FRAME_CHANNEL MOTE_SIXES_START_Y
        /* The padding and column 0. */
        "ldr r10, [sp, #64]\n\t"
        "ldr r1, [sp, #68]\n\t"
        "ldr r2, [sp, #56]\n\t"
        "ldr r4, [sp, #84]\n\t"
        "ldr r12, [sp, #44]\n\t"
        "ldr r11, [sp, #48]\n\t"
        "ldr lr, [sp, #52]\n\t"
        "ldrsb r3, [r0, r10]\n\t"
        "ldrsb r5, [r0, r1]\n\t"
        "ldrsb r6, [r0]\n\t"
        "add r4, r0, r4\n\t"
        "str r4, [sp, #32]\n\t"
        "pkhbt r3, r3, r5, lsl #16\n\t"
        "pkhbt r6, r2, r6, lsl #16\n\t"
        "str r6, [sp, #36]\n\t"
        "add r0, r0, r12\n\t"
        "cmp r0, r4\n\t"
        ".balign 4\n\t"
        /* Six pixels; equal: the last ones. Columns r4 to r9. */
        "2: add r10, r0, r10\n\t"
        "add r1, r0, r1\n\t"
        MOTE_SIXES_LAST("beq 5f\n\t")
        "ldrsb r9, [r10, lr]\n\t"
        "ldrsb lr, [r1, lr]\n\t"
        "3: ldrsb r4, [r10]\n\t"
        "ldrsb r5, [r10, r12]\n\t"
        "ldrsb r6, [r10, r12, lsl #1]\n\t"
        "ldrsb r7, [r10, r11]\n\t"
        "ldrsb r8, [r10, r12, lsl #2]\n\t"
        "ldrsb r10, [r1]\n\t"
        "ldrsb r11, [r1, r11]\n\t"
        "pkhbt r9, r9, lr, lsl #16\n\t"
        "pkhbt r4, r4, r10, lsl #16\n\t"
        "pkhbt r7, r7, r11, lsl #16\n\t"
        "ldrsb r10, [r1, r12]\n\t"
        "ldrsb r11, [r1, r12, lsl #1]\n\t"
        "ldrsb lr, [r1, r12, lsl #2]\n\t"
        "pkhbt r5, r5, r10, lsl #16\n\t"
        "pkhbt r6, r6, r11, lsl #16\n\t"
        "pkhbt r8, r8, lr, lsl #16\n\t"
        "ldm sp, {r10, r11, r12, lr}\n\t"
        MOTE_ROW_SUM("r2", "r2", "r3", "r4")
        MOTE_ROW_SUM("r3", "r3", "r4", "r5")
        MOTE_ROW_SUM("r4", "r4", "r5", "r6")
        MOTE_ROW_SUM("r5", "r5", "r6", "r7")
        MOTE_ROW_SUM("r6", "r6", "r7", "r8")
        MOTE_ROW_SUM("r7", "r7", "r8", "r9")
        /* The third row: r1 and lr values, r10 (w[2][0], w[2][1]), r11 (w[2][1], w[2][2]). */
        "ldr r12, [sp, #44]\n\t"
        "ldr r10, [sp, #16]\n\t"
        "ldr r11, [sp, #20]\n\t"
        "ldr r1, [sp, #36]\n\t"
        "ldrsb lr, [r0]\n\t"
        "smlad r2, r1, r10, r2\n\t"
        "smlatb r3, r1, r10, r3\n\t"
        "smlabt r2, lr, r11, r2\n\t"
        "ldrsb r1, [r0, r12]\n\t"
        "pkhbt lr, lr, r1, lsl #16\n\t"
        "smlad r3, lr, r11, r3\n\t"
        "smlad r4, lr, r10, r4\n\t"
        "smlatb r5, lr, r10, r5\n\t"
        "ldr r1, [sp, #48]\n\t"
        "ldrsb lr, [r0, r12, lsl #1]\n\t"
        "ldrsb r1, [r0, r1]\n\t"
        "smlabt r4, lr, r11, r4\n\t"
        "pkhbt lr, lr, r1, lsl #16\n\t"
        "smlad r5, lr, r11, r5\n\t"
        "smlad r6, lr, r10, r6\n\t"
        "smlatb r7, lr, r10, r7\n\t"
        MOTE_SIXES_LAST("beq 6f\n\t")
        "ldr r10, [sp, #52]\n\t"
        "ldrsb lr, [r0, r12, lsl #2]\n\t"
        "ldrsb r10, [r0, r10]\n\t"
        "4: ldr r1, [sp, #24]\n\t"
        "smlabt r6, lr, r11, r6\n\t"
        "pkhbt lr, lr, r10, lsl #16\n\t"
        "smlad r7, lr, r11, r7\n\t"
        "str lr, [sp, #36]\n\t"
        MOTE_SIXES_Y
        MOTE_ROW_SCALE("r2", "r1")
        MOTE_ROW_SCALE("r3", "r1")
        MOTE_ROW_SCALE("r4", "r1")
        MOTE_ROW_SATURATE("r2")
        MOTE_ROW_SCALE("r5", "r1")
        MOTE_ROW_SATURATE("r3")
        MOTE_ROW_SCALE("r6", "r1")
        MOTE_ROW_SATURATE("r4")
        MOTE_ROW_SCALE("r7", "r1")
        MOTE_ROW_SATURATE("r5")
        MOTE_ROW_SATURATE("r6")
        MOTE_ROW_SATURATE("r7")
        MOTE_SIXES_NEXT_Y
        "strb r2, [r1]\n\t"
        "strb r3, [r1, r12]\n\t"
        "strb r4, [r1, r12, lsl #1]\n\t"
        "strb r5, [r1, r11]\n\t"
        "strb r6, [r1, r12, lsl #2]\n\t"
        "strb r7, [r1, lr]\n\t"
        MOTE_SIXES_X
        "ldr r10, [sp, #64]\n\t"
        "ldr r1, [sp, #68]\n\t"
        "ldr r4, [sp, #32]\n\t"
        "mov r2, r8\n\t"
        "mov r3, r9\n\t"
        "add r0, r0, r11, lsl #1\n\t"
        "cmp r0, r4\n\t"
        "bls 2b\n\t"
        /* The tail, with the padding right of it, r7: columns r4 to r6; of the third row r8, r9 and r1. */
        MOTE_SIXES_TAIL(
            "add r10, r0, r10\n\t"
            "add r1, r0, r1\n\t"
            "ldrsb r4, [r10]\n\t"
            MOTE_TAIL_FROM_3("ldrsb r5, [r10, r12]\n\t")
            MOTE_TAIL_4("ldrsb r6, [r10, r12, lsl #1]\n\t")
            "ldrsb r7, [r1]\n\t"
            MOTE_TAIL_FROM_3("ldrsb r8, [r1, r12]\n\t")
            MOTE_TAIL_4("ldrsb r9, [r1, r12, lsl #1]\n\t")
            "pkhbt r4, r4, r7, lsl #16\n\t"
            MOTE_TAIL_FROM_3("pkhbt r5, r5, r8, lsl #16\n\t")
            MOTE_TAIL_4("pkhbt r6, r6, r9, lsl #16\n\t")
            "ldr r7, [sp, #56]\n\t"
            "ldrsb r8, [r0]\n\t"
            MOTE_TAIL_FROM_3("ldrsb r9, [r0, r12]\n\t")
            MOTE_TAIL_4("ldrsb r1, [r0, r12, lsl #1]\n\t")
            "ldm sp, {r10, r11, r12, lr}\n\t"
            MOTE_ROW_SUM("r2", "r2", "r3", "r4")
            MOTE_ROW_SUM("r3", "r3", "r4", MOTE_TAIL_NEXT_1)
            MOTE_TAIL_FROM_3(MOTE_ROW_SUM("r4", "r4", "r5", MOTE_TAIL_NEXT_2))
            MOTE_TAIL_4(MOTE_ROW_SUM("r5", "r5", "r6", "r7"))
            "ldr r10, [sp, #16]\n\t"
            "ldr r11, [sp, #20]\n\t"
            "ldr r12, [sp, #36]\n\t"
            "ldr lr, [sp, #24]\n\t"
            MOTE_TAIL_FROM_3("pkhbt r9, r8, r9, lsl #16\n\t")
            "smlad r2, r12, r10, r2\n\t"
            "smlatb r3, r12, r10, r3\n\t"
            "smlabt r2, r8, r11, r2\n\t"
            MOTE_TAIL_2("smlabb r3, r8, r11, r3\n\t"
                        "smlabt r3, r7, r11, r3\n\t")
            MOTE_TAIL_FROM_3("smlad r3, r9, r11, r3\n\t"
                             "smlad r4, r9, r10, r4\n\t")
            MOTE_TAIL_3("smlabt r4, r7, r11, r4\n\t")
            MOTE_TAIL_4("smlabt r4, r1, r11, r4\n\t"
                        "smlatb r5, r9, r10, r5\n\t"
                        "smlabb r5, r1, r11, r5\n\t"
                        "smlabt r5, r7, r11, r5\n\t")
            MOTE_SIXES_TAIL_Y
            MOTE_ROW_SCALE("r2", "lr")
            MOTE_ROW_SCALE("r3", "lr")
            MOTE_TAIL_FROM_3(MOTE_ROW_SCALE("r4", "lr"))
            MOTE_ROW_SATURATE("r2")
            MOTE_TAIL_4(MOTE_ROW_SCALE("r5", "lr"))
            MOTE_ROW_SATURATE("r3")
            MOTE_TAIL_FROM_3(MOTE_ROW_SATURATE("r4"))
            MOTE_TAIL_4(MOTE_ROW_SATURATE("r5"))
            "strb r2, [r1]\n\t"
            "strb r3, [r1, r12]\n\t"
            MOTE_TAIL_FROM_3("strb r4, [r1, r12, lsl #1]\n\t")
            MOTE_TAIL_4("strb r5, [r1, r11]\n\t"))
        MOTE_FRAME_IS_MORE
        "bne 1b\n\t"
        MOTE_FRAME_POP
        /* The padding right of the last pixel. */
        MOTE_SIXES_LAST(
            "5: ldr r9, [sp, #56]\n\t"
            "mov lr, r9\n\t"
            "b 3b\n\t"
            "6: ldr r10, [sp, #56]\n\t"
            "ldrsb lr, [r0, r12, lsl #2]\n\t"
            "b 4b\n\t"));
}

#else

#include "mote_depthwise_row_portable.h"

static void mote_depthwise_row(const mote_depthwise_row_job *job)
{
    mote_depthwise_row_portable(job, (int32_t)(job->last / job->x_1) + 5 + MOTE_TAIL, 1);
}

#endif

#endif
