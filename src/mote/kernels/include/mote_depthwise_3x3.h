/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the DSP depthwise convolution: all channels of some output rows, kernel
 * 3 x 3, horizontal stride 1 or 2, x read in place. MOTE_SINGLE selects single rounding. Kinds called apart
 * compute one output row from three rows that one distance does not lead through; they are written for size,
 * and take five instructions more for an output.
 *
 * x is read column by column. The upper two values of a column make one word, the lower values of two
 * columns another, so that nine taps are four SMLAD and one SMLABB:
 *
 *     P0 . W0 + P1 . W1 + P2 . W2 + (l1, l0) . W3 + l2 * W4
 *
 * with Pi = (x[0][i], x[1][i]), li = x[2][i], Wi = (w[0][i], w[1][i]), W3 = (w[2][1], w[2][0]) and
 * W4 = w[2][2]. Weights and bias are doubled: requantisation takes twice the sum.
 *
 * No overflow: |2 * sum| < 2^31, checked at compile time. */
#ifndef MOTE_DEPTHWISE_3X3_H
#define MOTE_DEPTHWISE_3X3_H

#include "mote_depthwise_3x3_job.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0 x, r1 x_row, r2-r6 weights, three of r7-r9 the columns P, r10 (l1, l0), r11 l2, r12 sum,
 * lr free. The upper half of r6, which SMLABB ignores, counts outputs and is -1 between rows.
 * The stack holds what changes, bias, multiplier, offset ((2 * y_zero + 1) << (right - 1)), right, x, y, rows
 * and cursor, at 0; and the job at 32. rows: 2 where a call has one, so that its end is seen at once; else twice
 * the rows that are left, less one. Labels from 90 on are shared by all kinds. */
#define MOTE_COLUMN(p)                                                                               \
    "ldrsb " #p ", [r0]\n\t"                                                                         \
    "ldrsb lr, [r0, r1]\n\t"                                                                         \
    "ldrsb r11, [r0, r1, lsl #1]\n\t"                                                                \
    "pkhbt " #p ", " #p ", lr, lsl #16\n\t"

#define MOTE_COLUMN_APART(p)                                                                         \
    "ldr r11, [sp, #60]\n\t"                                                                         \
    "ldrsb " #p ", [r0]\n\t"                                                                         \
    "ldrsb lr, [r0, r1]\n\t"                                                                         \
    "ldrsb r11, [r0, r11]\n\t"                                                                       \
    "pkhbt " #p ", " #p ", lr, lsl #16\n\t"

#define MOTE_PADDED_COLUMN(p)                                                                        \
    "ldr " #p ", [sp, #48]\n\t"                                                                      \
    "sxth r11, " #p "\n\t"

#define MOTE_SHIFT_LOW "pkhbt r10, r11, r10, lsl #16\n\t"

#define MOTE_BIAS "ldr r12, [sp]\n\t"

/* r12 holds the bias. */
#define MOTE_SUM(p0, p1, p2)                                                                         \
    "smlad r12, " #p0 ", r2, r12\n\t"                                                                \
    "smlad r12, " #p1 ", r3, r12\n\t"                                                                \
    "smlad r12, " #p2 ", r4, r12\n\t"                                                                \
    "smlad r12, r10, r5, r12\n\t"                                                                    \
    "smlabb r12, r11, r6, r12\n\t" MOTE_SHIFT_LOW

#if MOTE_SINGLE
#define MOTE_SCALE "smmla r12, r12, r11, lr\n\t"
#else
#define MOTE_SCALE "smmlar lr, r12, r11, lr\n\tadd r12, lr, r12, asr #31\n\t"
#endif

/* Leaves cursor in r11 and channels in lr; free: a register. Loads that follow one another take a cycle each. */
#define MOTE_REQUANTIZE(free)                                                                        \
    "ldr r11, [sp, #4]\n\t"                                                                          \
    "ldr lr, [sp, #8]\n\t"                                                                           \
    "ldr " #free ", [sp, #12]\n\t" MOTE_SCALE                                                        \
    "asr r12, r12, " #free "\n\t"                                                                    \
    "ssat r12, #8, r12\n\t"                                                                          \
    "ldr lr, [sp, #32]\n\t"                                                                          \
    "ldr r11, [sp, #28]\n\t"

#if MOTE_STRIDED
#define MOTE_PUSH_Y_MORE "ldr lr, [r0, #104]\n\tpush {lr}\n\t"
#define MOTE_POP_JOB "add sp, sp, #140\n\t"
#define MOTE_MOVE_CURSOR_STRIDE_1 "ldr r12, [sp, #136]\n\tadd r11, r11, r12\n\tstr r11, [sp, #28]\n\t"
#define MOTE_MOVE_CURSOR_STRIDE_2 "ldr r12, [sp, #136]\n\tadd r11, r11, r12\n\t"
#else
#define MOTE_PUSH_Y_MORE
#define MOTE_POP_JOB "add sp, sp, #136\n\t"
#define MOTE_MOVE_CURSOR_STRIDE_1
#define MOTE_MOVE_CURSOR_STRIDE_2
#endif

#define MOTE_START                                                                                   \
    ".syntax unified\n\t"                                                                            \
    "push {r4-r11, lr}\n\t" MOTE_PUSH_Y_MORE                                                         \
    "adds r0, r0, #104\n\t"                                                                          \
    "ldmdb r0!, {r1-r12, lr}\n\t"                                                                    \
    "push {r1-r12, lr}\n\t"                                                                          \
    "ldmdb r0!, {r1-r12, lr}\n\t"                                                                    \
    "push {r1-r12, lr}\n\t"                                                                          \
    "sub sp, sp, #32\n\t"                                                                            \
    "ldrd r0, r1, [sp, #64]\n\t"                                                                     \
    "ldr r2, [sp, #72]\n\t"                                                                          \
    "strd r0, r1, [sp, #16]\n\t"                                                                     \
    "lsls r2, r2, #1\n\t"                                                                            \
    "cmp r2, #2\n\t"                                                                                 \
    "it ne\n\t"                                                                                      \
    "subne r2, r2, #1\n\t"                                                                           \
    "str r2, [sp, #24]\n\t"

/* Weights w of window row i, where bit 0 of lr says that it is cut: r12 collects what they contribute. */
#define MOTE_CUT_ROW(w)                                                                              \
    "lsrs lr, lr, #1\n\t"                                                                            \
    "itttt cs\n\t"                                                                                   \
    "sxtb16cs r9, " #w "\n\t"                                                                        \
    "smladcs r12, r9, r11, r12\n\t"                                                                  \
    "sxtbcs r9, " #w ", ror #8\n\t"                                                                  \
    "smlabbcs r12, r9, r11, r12\n\t"                                                                 \
    "it cs\n\t"                                                                                      \
    "movcs " #w ", #0\n\t"

/* A channel, at 90: its weights and how it is requantised; then the rows of its kind. */
#define MOTE_START_CHANNEL                                                                           \
    "90: ldrd r9, r10, [sp, #84]\n\t"                                                                \
    "ldrd r11, r12, [sp, #92]\n\t"                                                                   \
    "ldr lr, [sp, #100]\n\t"                                                                         \
    "ldr r7, [r9, r10]\n\t"                                                                          \
    "ldr r8, [r9, r11]\n\t"                                                                          \
    "ldr r10, [r9, r12]\n\t"                                                                         \
    "adds r9, r9, #9\n\t"                                                                            \
    "str r9, [sp, #84]\n\t"                                                                          \
    "cmp lr, #0\n\t"                                                                                 \
    "bne 92f\n\t"                                                                                    \
    /* (0, 2) and (1, next) of each row, then the words of weights, doubled; lr joins the bias. */   \
    "91: sxtb16 r2, r7\n\t"                                                                          \
    "sxtb16 r3, r7, ror #8\n\t"                                                                      \
    "sxtb16 r4, r8\n\t"                                                                              \
    "sxtb16 r5, r8, ror #8\n\t"                                                                      \
    "sxtb16 r6, r10\n\t"                                                                             \
    "sxtb16 r9, r10, ror #8\n\t"                                                                     \
    "pkhbt r3, r3, r5, lsl #16\n\t"                                                                  \
    "pkhbt r5, r9, r6, lsl #16\n\t"                                                                  \
    "pkhbt r9, r2, r4, lsl #16\n\t"                                                                  \
    "pkhtb r4, r4, r2, asr #16\n\t"                                                                  \
    "sadd16 r6, r6, r6\n\t"                                                                          \
    "mvn r10, #0\n\t"                                                                                \
    "sadd16 r2, r9, r9\n\t"                                                                          \
    "sadd16 r3, r3, r3\n\t"                                                                          \
    "sadd16 r4, r4, r4\n\t"                                                                          \
    "sadd16 r5, r5, r5\n\t"                                                                          \
    "pkhtb r6, r10, r6, asr #16\n\t"                                                                 \
    "ldrd r7, r8, [sp, #104]\n\t"                                                                    \
    "ldrd r0, r1, [sp, #112]\n\t"                                                                    \
    "ldrd r11, r12, [sp, #120]\n\t"                                                                  \
    "ldr r9, [r7, r0]\n\t"                                                                           \
    "ldr r10, [r8, r0]\n\t"                                                                          \
    "lsr r7, r0, r11\n\t"                                                                            \
    "lsl r8, r7, r11\n\t"                                                                            \
    "ldrb r7, [r1, r7]\n\t"                                                                          \
    "subs r8, r0, r8\n\t"                                                                            \
    "adds r0, r0, #4\n\t"                                                                            \
    "str r0, [sp, #112]\n\t"                                                                         \
    "lsrs r7, r7, r8\n\t"                                                                            \
    "add r9, r9, lr\n\t"                                                                             \
    "and r7, r7, r11, lsr #8\n\t"                                                                    \
    "ldrd r1, lr, [sp, #76]\n\t"                                                                     \
    "lsl r11, r12, r7\n\t"                                                                           \
    "add r12, r7, #1\n\t"                                                                            \
    "stm sp, {r9-r12}\n\t"                                                                           \
    "lsrs lr, lr, #1\n\t"                                                                            \
    "bcs 94f\n\t"                                                                                    \
    "bne 93f\n\t"

/* Behind the last row of a channel, at 98 where there are several; cut rows are at 92. */
#define MOTE_END_CHANNEL                                                                             \
    "98: ldrd r10, r11, [sp, #16]\n\t"                                                               \
    "ldrd r12, lr, [sp, #40]\n\t"                                                                    \
    "ldr r9, [sp, #72]\n\t"                                                                          \
    "subs r9, r9, #1\n\t"                                                                            \
    "mls r10, r9, r12, r10\n\t"                                                                      \
    "mls r11, r9, lr, r11\n\t"                                                                       \
    "strd r10, r11, [sp, #16]\n\t"                                                                   \
    "lsls r9, r9, #1\n\t"                                                                            \
    "adds r9, r9, #1\n\t"                                                                            \
    "str r9, [sp, #24]\n\t"                                                                          \
    "95: ldrd r2, r3, [sp, #128]\n\t"                                                                \
    "ldrd r4, r5, [sp, #16]\n\t"                                                                     \
    "subs r3, r3, #1\n\t"                                                                            \
    "beq 96f\n\t"                                                                                    \
    "str r3, [sp, #132]\n\t"                                                                         \
    "cbnz r2, 97f\n\t"                                                                               \
    "adds r4, r4, #1\n\t"                                                                            \
    "adds r5, r5, #1\n\t"                                                                            \
    "strd r4, r5, [sp, #16]\n\t"                                                                     \
    "b 90b\n\t"                                                                                      \
    "97: ldrb r0, [r2], #1\n\t"                                                                      \
    "str r2, [sp, #128]\n\t"                                                                         \
    "adds r4, r4, r0\n\t"                                                                            \
    "adds r5, r5, r0\n\t"                                                                            \
    "strd r4, r5, [sp, #16]\n\t"                                                                     \
    "b 90b\n\t"                                                                                      \
    "92: ldr r11, [sp, #48]\n\t"                                                                     \
    "movs r12, #0\n\t"                                                                               \
    "sadd16 r11, r11, r11\n\t"                                                                       \
    MOTE_CUT_ROW(r7) MOTE_CUT_ROW(r8) MOTE_CUT_ROW(r10)                                              \
    "mov lr, r12\n\t"                                                                                \
    "b 91b\n\t"                                                                                      \
    "96:\n\t" MOTE_POP_JOB                                                                           \
    "pop {r4-r11, pc}\n\t"

/* The first column of a row. */
#define MOTE_START_ROW                                                                               \
    "1: ldr r0, [sp, #16]\n\t"                                                                       \
    "ldrd r12, lr, [sp, #32]\n\t"                                                                    \
    "add r6, r6, lr, lsl #16\n\t"                                                                    \
    "ldr r10, [sp, #52]\n\t" MOTE_PADDED_COLUMN(r7)                                                  \
    "cmp r10, #0\n\t"                                                                                \
    "bne 8f\n\t" MOTE_COLUMN(r7)                                                                     \
    "add r0, r0, r12\n\t"                                                                            \
    "8: mov r10, r11\n\t"

#define MOTE_END_ROW                                                                                 \
    "7: ldr lr, [sp, #24]\n\t"                                                                       \
    "subs lr, lr, #2\n\t"                                                                            \
    "beq 95f\n\t"                                                                                    \
    "bmi 98f\n\t"                                                                                    \
    "str lr, [sp, #24]\n\t"                                                                          \
    "ldrd r10, r11, [sp, #16]\n\t"                                                                   \
    "ldrd r12, lr, [sp, #40]\n\t"                                                                    \
    "add r10, r10, r12\n\t"                                                                          \
    "add r11, r11, lr\n\t"                                                                           \
    "strd r10, r11, [sp, #16]\n\t"                                                                   \
    "b 1b\n\t"

/* Stride 1: cursor is y - x, as both move by channels, but for y_more. */
#define MOTE_NEXT_STRIDE_1                                                                           \
    "strb r12, [r0, r11]\n\t"                                                                        \
    "add r0, r0, lr\n\t" MOTE_MOVE_CURSOR_STRIDE_1                                                   \
    "subs r6, r6, #65536\n\t"

#define MOTE_OUTPUT_STRIDE_1(p0, p1, p2)                                                             \
    MOTE_BIAS MOTE_COLUMN(p2) MOTE_SUM(p0, p1, p2) MOTE_REQUANTIZE(p0) MOTE_NEXT_STRIDE_1

/* At 3, the last two columns are in r7 and r8. */
#define MOTE_ROWS_STRIDE_1                                                                           \
    MOTE_START_ROW MOTE_COLUMN(r8)                                                                   \
    "add r0, r0, r12\n\t" MOTE_SHIFT_LOW                                                             \
    "ldr r11, [sp, #20]\n\t"                                                                         \
    "sub r11, r11, r0\n\t"                                                                           \
    "str r11, [sp, #28]\n\t"                                                                         \
    "cmp r6, #0\n\t"                                                                                 \
    "blt 3f\n\t"                                                                                     \
    "2:\n\t" MOTE_OUTPUT_STRIDE_1(r7, r8, r9)                                                        \
    "bmi 4f\n\t" MOTE_OUTPUT_STRIDE_1(r8, r9, r7)                                                    \
    "bmi 5f\n\t" MOTE_OUTPUT_STRIDE_1(r9, r7, r8)                                                    \
    "bpl 2b\n\t"                                                                                     \
    "b 3f\n\t"                                                                                       \
    "4: mov r7, r8\n\t"                                                                              \
    "mov r8, r9\n\t"                                                                                 \
    "b 3f\n\t"                                                                                       \
    "5: mov r8, r7\n\t"                                                                              \
    "mov r7, r9\n\t"                                                                                 \
    "3: ldr lr, [sp, #56]\n\t"                                                                       \
    "cmp lr, #0\n\t"                                                                                 \
    "beq 7f\n\t" MOTE_BIAS MOTE_PADDED_COLUMN(r9) MOTE_SUM(r7, r8, r9) MOTE_REQUANTIZE(r7)           \
    "strb r12, [r0, r11]\n\t" MOTE_END_ROW

/* Stride 2: cursor is y. */
#define MOTE_MIDDLE_STRIDE_2                                                                         \
    "ldr lr, [sp, #32]\n\t" MOTE_SHIFT_LOW                                                           \
    "add r0, r0, lr\n\t"

#define MOTE_NEXT_STRIDE_2                                                                           \
    "strb r12, [r11]\n\t"                                                                            \
    "add r0, r0, lr\n\t"                                                                             \
    "add r11, r11, lr\n\t" MOTE_MOVE_CURSOR_STRIDE_2                                                 \
    "str r11, [sp, #28]\n\t"                                                                         \
    "subs r6, r6, #65536\n\t"

#define MOTE_OUTPUT_STRIDE_2(p0, p1, p2)                                                             \
    MOTE_BIAS                                                                                        \
    "ldr " #p2 ", [sp, #32]\n\t" MOTE_COLUMN(p1) MOTE_SHIFT_LOW                                      \
    "add r0, r0, " #p2 "\n\t" MOTE_COLUMN(p2) MOTE_SUM(p0, p1, p2) MOTE_REQUANTIZE(p0) MOTE_NEXT_STRIDE_2

/* At 3, the last column is in r7. */
#define MOTE_ROWS_STRIDE_2                                                                           \
    MOTE_START_ROW                                                                                   \
    "ldr r11, [sp, #20]\n\t"                                                                         \
    "str r11, [sp, #28]\n\t"                                                                         \
    "cmp r6, #0\n\t"                                                                                 \
    "blt 3f\n\t"                                                                                     \
    "2:\n\t" MOTE_OUTPUT_STRIDE_2(r7, r8, r9)                                                        \
    "bmi 4f\n\t" MOTE_OUTPUT_STRIDE_2(r9, r8, r7)                                                    \
    "bpl 2b\n\t"                                                                                     \
    "b 3f\n\t"                                                                                       \
    "4: mov r7, r9\n\t"                                                                              \
    "3: ldr lr, [sp, #56]\n\t"                                                                       \
    "cmp lr, #0\n\t"                                                                                 \
    "beq 7f\n\t" MOTE_COLUMN(r8) MOTE_MIDDLE_STRIDE_2 MOTE_PADDED_COLUMN(r9)                         \
    MOTE_BIAS MOTE_SUM(r7, r8, r9) MOTE_REQUANTIZE(r7)                                               \
    "strb r12, [r11]\n\t" MOTE_END_ROW

/* The first column; the upper half of r6 counts all outputs, and is 0 at the last one. */
#define MOTE_START_APART(p)                                                                          \
    "ldr r0, [sp, #16]\n\t"                                                                          \
    "ldrd r12, lr, [sp, #32]\n\t"                                                                    \
    "ldr r10, [sp, #56]\n\t"                                                                         \
    "add lr, lr, r10\n\t"                                                                            \
    "add r6, r6, lr, lsl #16\n\t"                                                                    \
    "ldr r10, [sp, #52]\n\t" MOTE_PADDED_COLUMN(p)                                                   \
    "cmp r10, #0\n\t"                                                                                \
    "bne 1f\n\t" MOTE_COLUMN_APART(p)                                                                \
    "add r0, r0, r12\n\t"                                                                            \
    "1: mov r10, r11\n\t"

/* The last column of an output: at 4, perhaps one right of the image. */
#define MOTE_LAST_COLUMN_APART                                                                       \
    "lsrs lr, r6, #16\n\t"                                                                           \
    "beq 4f\n\t"                                                                                     \
    "3:\n\t" MOTE_COLUMN_APART(r9)                                                                   \
    "5:\n\t"

#define MOTE_END_APART                                                                               \
    "bpl 2b\n\t"                                                                                     \
    "b 95f\n\t"                                                                                      \
    "4: ldr lr, [sp, #56]\n\t"                                                                       \
    "cmp lr, #0\n\t"                                                                                 \
    "beq 3b\n\t" MOTE_PADDED_COLUMN(r9)                                                              \
    "b 5b\n\t"

#define MOTE_ROW_STRIDE_1_APART                                                                      \
    MOTE_START_APART(r8) MOTE_COLUMN_APART(r9)                                                       \
    "add r0, r0, r12\n\t" MOTE_SHIFT_LOW                                                             \
    "ldr r11, [sp, #20]\n\t"                                                                         \
    "sub r11, r11, r0\n\t"                                                                           \
    "str r11, [sp, #28]\n\t"                                                                         \
    "2: mov r7, r8\n\t"                                                                              \
    "mov r8, r9\n\t" MOTE_LAST_COLUMN_APART MOTE_BIAS MOTE_SUM(r7, r8, r9) MOTE_REQUANTIZE(r7)       \
    MOTE_NEXT_STRIDE_1 MOTE_END_APART

#define MOTE_ROW_STRIDE_2_APART                                                                      \
    MOTE_START_APART(r9)                                                                             \
    "ldr r11, [sp, #20]\n\t"                                                                         \
    "str r11, [sp, #28]\n\t"                                                                         \
    "2: mov r7, r9\n\t" MOTE_COLUMN_APART(r8) MOTE_MIDDLE_STRIDE_2 MOTE_LAST_COLUMN_APART            \
    MOTE_BIAS MOTE_SUM(r7, r8, r9) MOTE_REQUANTIZE(r7) MOTE_NEXT_STRIDE_2 MOTE_END_APART

__attribute__((naked, noinline, unused)) static void
mote_depthwise_3x3_channels(__attribute__((unused)) const mote_depthwise_3x3_job *job)
{
    __asm volatile(MOTE_START MOTE_START_CHANNEL MOTE_ROWS_STRIDE_1
                   "93:\n\t" MOTE_ROW_STRIDE_1_APART
                   "94: bne 99f\n\t" MOTE_ROWS_STRIDE_2
                   "99:\n\t" MOTE_ROW_STRIDE_2_APART MOTE_END_CHANNEL);
}

#else
#include "mote_depthwise_3x3_portable.h"
#endif

#endif
