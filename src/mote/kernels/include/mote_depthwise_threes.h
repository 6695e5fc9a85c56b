/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the DSP depthwise convolution with horizontal stride 2 that computes three pixels at a time: all
 * channels of one output row, kernel 3 x 3, at most one column of padding on each side; x is read in place. Rows of y
 * have a multiple of 3 pixels, or MOTE_TAIL more, 2.
 *
 * Sums, requantisation and overflow as in mote_depthwise_row.h; but six columns and the last one of the three pixels
 * before are in registers at once. */
#ifndef MOTE_DEPTHWISE_THREES_H
#define MOTE_DEPTHWISE_THREES_H

#include "mote_depthwise_frame.h"

#ifndef MOTE_TAIL
#define MOTE_TAIL 0
#endif

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* What the last of the threes has, and what follows them. */
#if MOTE_TAIL
#define MOTE_THREES_LAST(code)
#define MOTE_THREES_TAIL(code) code
#else
#define MOTE_THREES_LAST(code) code
#define MOTE_THREES_TAIL(code)
#endif

/* START: what y is told from, to the stack; Y: that, and pixels of y, to r3, r12 and r5; NEXT_Y: r3 y. Where pixels of y
 * lie as those of x, y is half as far as x. */
#if MOTE_STRIDED
#define MOTE_THREES_START_Y
#define MOTE_THREES_Y "ldr r5, [sp, #76]\n\tldr r12, [sp, #72]\n\t"
#define MOTE_THREES_NEXT_Y "add r5, r3, r5\n\tstr r5, [sp, #40]\n\t"
#define MOTE_THREES_TAIL_Y "ldr r12, [sp, #72]\n\t"
#define MOTE_THREES_X "ldr r12, [sp, #44]\n\t"
#else
#define MOTE_THREES_START_Y "sub r5, r5, r0, lsr #1\n\t"
#define MOTE_THREES_Y "ldr r12, [sp, #44]\n\t"
#define MOTE_THREES_NEXT_Y "add r3, r3, r0, lsr #1\n\t"
#define MOTE_THREES_TAIL_Y "ldr r12, [sp, #44]\n\tadd r3, r3, r0, lsr #1\n\t"
#define MOTE_THREES_X
#endif

/* Registers: r0 x at the second column of a window, r4 the first one; r12, lr and r11 from a pixel of x to the first,
 * third and fifth one behind it. At 36 the stack holds the third row's first value of a window. */
__attribute__((naked, noinline, unused)) static void
mote_depthwise_row(__attribute__((unused)) const mote_depthwise_row_job *job)
{
    __asm volatile(
        ".syntax unified\n\t" MOTE_FRAME_PUSH
        /* A channel. */
        "1:\n\t" MOTE_FRAME_CHANNEL
        /* The column that the first window starts with. */
        "ldr r4, [sp, #56]\n\t"
        "ldr r3, [sp, #64]\n\t"
        "ldr r2, [sp, #68]\n\t"
        "ldr r12, [sp, #44]\n\t"
        "ldr lr, [sp, #48]\n\t"
        "ldr r11, [sp, #52]\n\t"
        "ldr r8, [sp, #84]\n\t"
        "ldr r6, [sp, #88]\n\t"
        "ldr r5, [sp, #60]\n\t"
        "add r5, r0, r5\n\t"
        "add r8, r0, r8\n\t"
        "str r8, [sp, #32]\n\t"
        "cbnz r6, 7f\n\t"
        "ldrsb r4, [r0, r3]\n\t"
        "ldrsb r9, [r0, r2]\n\t"
        "ldrsb r6, [r0]\n\t"
        "add r0, r0, r12\n\t"
        "pkhbt r4, r4, r9, lsl #16\n\t"
        "str r6, [sp, #36]\n\t"
        "b 8f\n\t"
        "7: str r4, [sp, #36]\n\t"
        "8:\n\t" MOTE_THREES_START_Y
        "str r5, [sp, #40]\n\t"
        "cmp r0, r8\n\t"
        ".balign 4\n\t"
        /* Three pixels; equal: the last ones, with padding. Columns r6 to r9, r5, r1. */
        "2: add r3, r0, r3\n\t"
        "add r2, r0, r2\n\t"
        MOTE_THREES_LAST("beq 5f\n\t")
        "ldrsb r1, [r2, r11]\n\t"
        "ldrsb r11, [r3, r11]\n\t"
        "3: ldrsb r6, [r3]\n\t"
        "ldrsb r7, [r3, r12]\n\t"
        "ldrsb r8, [r3, r12, lsl #1]\n\t"
        "ldrsb r9, [r3, lr]\n\t"
        "ldrsb r5, [r3, r12, lsl #2]\n\t"
        "ldrsb r10, [r2, r12]\n\t"
        "ldrsb r3, [r2, r12, lsl #1]\n\t"
        "ldrsb lr, [r2, lr]\n\t"
        "ldrsb r12, [r2, r12, lsl #2]\n\t"
        "ldrsb r2, [r2]\n\t"
        "pkhbt r1, r11, r1, lsl #16\n\t"
        "pkhbt r7, r7, r10, lsl #16\n\t"
        "pkhbt r8, r8, r3, lsl #16\n\t"
        "pkhbt r9, r9, lr, lsl #16\n\t"
        "pkhbt r5, r5, r12, lsl #16\n\t"
        "pkhbt r6, r6, r2, lsl #16\n\t"
        "ldm sp, {r10, r11, r12, lr}\n\t"
        MOTE_ROW_SUM("r4", "r4", "r6", "r7")
        MOTE_ROW_SUM("r6", "r7", "r8", "r9")
        MOTE_ROW_SUM("r7", "r9", "r5", "r1")
        /* The third row: r10 (w[2][0], w[2][1]), r11 (w[2][1], w[2][2]); values r5, r8, r9, r2, lr, r12, r3. */
        MOTE_THREES_LAST("beq 6f\n\t")
        "ldr r3, [sp, #52]\n\t"
        "ldr r12, [sp, #44]\n\t"
        "ldrsb r3, [r0, r3]\n\t"
        "4: ldr lr, [sp, #48]\n\t"
        "ldr r10, [sp, #16]\n\t"
        "ldr r11, [sp, #20]\n\t"
        "ldr r5, [sp, #36]\n\t"
        "ldrsb r8, [r0]\n\t"
        "ldrsb r9, [r0, r12]\n\t"
        "ldrsb r2, [r0, r12, lsl #1]\n\t"
        "ldrsb lr, [r0, lr]\n\t"
        "ldrsb r12, [r0, r12, lsl #2]\n\t"
        "str r3, [sp, #36]\n\t"
        "pkhbt r8, r8, r9, lsl #16\n\t"
        "pkhbt r2, r2, lr, lsl #16\n\t"
        "pkhbt r12, r12, r3, lsl #16\n\t"
        "smlabb r4, r5, r10, r4\n\t"
        "smlatb r6, r8, r10, r6\n\t"
        "smlatb r7, r2, r10, r7\n\t"
        "smlad r4, r8, r11, r4\n\t"
        "smlad r6, r2, r11, r6\n\t"
        "smlad r7, r12, r11, r7\n\t"
        "ldr r2, [sp, #24]\n\t"
        "ldr r3, [sp, #40]\n\t"
        "ldr lr, [sp, #48]\n\t"
        MOTE_THREES_Y
        MOTE_ROW_SCALE("r4", "r2")
        MOTE_ROW_SCALE("r6", "r2")
        MOTE_ROW_SCALE("r7", "r2")
        MOTE_ROW_SATURATE("r4")
        MOTE_ROW_SATURATE("r6")
        MOTE_ROW_SATURATE("r7")
        MOTE_THREES_NEXT_Y
        "strb r4, [r3]\n\t"
        "strb r6, [r3, r12]\n\t"
        "strb r7, [r3, r12, lsl #1]\n\t"
        "ldr r5, [sp, #32]\n\t"
        "ldr r3, [sp, #64]\n\t"
        "ldr r2, [sp, #68]\n\t"
        "ldr r11, [sp, #52]\n\t"
        MOTE_THREES_X
        "mov r4, r1\n\t"
        "add r0, r0, lr, lsl #1\n\t"
        "cmp r0, r5\n\t"
        "bls 2b\n\t"
        /* Two pixels, of which the last one may have padding: columns r6, r7, r8, r1; of the third row r7, r5, r9, r3, r2. */
        MOTE_THREES_TAIL(
            "ldr r5, [sp, #92]\n\t"
            "ldr r1, [sp, #56]\n\t"
            "add r3, r0, r3\n\t"
            "add r2, r0, r2\n\t"
            "mov r11, r1\n\t"
            "cbnz r5, 9f\n\t"
            "ldrsb r1, [r3, lr]\n\t"
            "ldrsb r5, [r2, lr]\n\t"
            "ldrsb r11, [r0, lr]\n\t"
            "pkhbt r1, r1, r5, lsl #16\n\t"
            "9: ldrsb r6, [r3]\n\t"
            "ldrsb r7, [r3, r12]\n\t"
            "ldrsb r8, [r3, r12, lsl #1]\n\t"
            "ldrsb r5, [r2]\n\t"
            "ldrsb r9, [r2, r12]\n\t"
            "ldrsb r10, [r2, r12, lsl #1]\n\t"
            "pkhbt r6, r6, r5, lsl #16\n\t"
            "pkhbt r7, r7, r9, lsl #16\n\t"
            "pkhbt r8, r8, r10, lsl #16\n\t"
            "ldrsb r5, [r0]\n\t"
            "ldrsb r9, [r0, r12]\n\t"
            "ldrsb r3, [r0, r12, lsl #1]\n\t"
            "mov r2, r11\n\t"
            "ldm sp, {r10, r11, r12, lr}\n\t"
            MOTE_ROW_SUM("r4", "r4", "r6", "r7")
            MOTE_ROW_SUM("r6", "r7", "r8", "r1")
            "ldr r10, [sp, #16]\n\t"
            "ldr r11, [sp, #20]\n\t"
            "ldr r7, [sp, #36]\n\t"
            "ldr r1, [sp, #24]\n\t"
            "pkhbt r5, r5, r9, lsl #16\n\t"
            "pkhbt r2, r3, r2, lsl #16\n\t"
            "ldr r3, [sp, #40]\n\t" MOTE_THREES_TAIL_Y
            "smlabb r4, r7, r10, r4\n\t"
            "smlabb r6, r9, r10, r6\n\t"
            "smlad r4, r5, r11, r4\n\t"
            "smlad r6, r2, r11, r6\n\t"
            MOTE_ROW_SCALE("r4", "r1")
            MOTE_ROW_SCALE("r6", "r1")
            MOTE_ROW_SATURATE("r4")
            MOTE_ROW_SATURATE("r6")
            "strb r4, [r3]\n\t"
            "strb r6, [r3, r12]\n\t")
        MOTE_FRAME_IS_MORE
        "bne 1b\n\t"
        MOTE_FRAME_POP
        /* The padding right of the image. */
        MOTE_THREES_LAST(
            "5: ldr r11, [sp, #56]\n\t"
            "mov r1, r11\n\t"
            "b 3b\n\t"
            "6: ldr r3, [sp, #56]\n\t"
            "ldr r12, [sp, #44]\n\t"
            "b 4b\n\t"));
}

#else

#include "mote_depthwise_row_portable.h"

static void mote_depthwise_row(const mote_depthwise_row_job *job)
{
    const int32_t last = (int32_t)(job->last / job->x_1 + job->left_pad);
    mote_depthwise_row_portable(job, (last + 5) / 2 + MOTE_TAIL, 2);
}

#endif

#endif
