/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the DSP depthwise convolution: one channel of some output rows, kernel 3 x 3,
 * horizontal stride 1 or 2, x read in place. MOTE_SINGLE selects single rounding. The functions that end in
 * _apart compute one output row from three rows that one distance does not lead through; they are written
 * for size, and take five instructions more for an output.
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

#include "mote_dsp.h"

#ifndef MOTE_SINGLE
#define MOTE_SINGLE 0
#endif

/* The assembly knows the order of the fields. */
typedef struct {
    const int8_t *x;      /* row 0 of the window, first column inside the image */
    int8_t *y;            /* a value every channels bytes */
    uint32_t zeros;       /* (x_zero, x_zero) */
    uint32_t left_pad;    /* 1: the first window starts one column left of the image, 0: inside */
    uint32_t right_pad;   /* 1: the last window ends one column right of the image, 0: inside */
    intptr_t x_third;     /* from the first row of the window to the third */
    int32_t bias;         /* doubled */
    int32_t multiplier;
    int32_t offset;       /* (2 * y_zero + 1) << (right - 1) */
    int32_t right;
    uint32_t cursor;      /* used by the assembly */
    uint32_t channels;
    uint32_t width;       /* of y, without the value whose window has right_pad; 0..32767 */
    intptr_t x_step;      /* from one output row to the next */
    int32_t y_step;
    uint32_t rows;        /* of y, at least 1; apart: 1 */
    intptr_t x_row;       /* from the first row of the window to the second */
    uint32_t weights[5];
} mote_depthwise_3x3_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0 x, r1 x_row, r2-r6 weights, three of r7-r9 the columns P, r10 (l1, l0), r11 l2, r12 sum,
 * lr free. The upper half of r6, which SMLABB ignores, counts outputs and is -1 between rows.
 * The stack holds the first sixteen words of the job: bias, multiplier, offset, right, cursor, channels,
 * width, x_step, y_step, rows at 0 and x, y, zeros, left_pad, right_pad, x_third at 40. */
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

#define MOTE_SUM(p0, p1, p2)                                                                         \
    "ldr r12, [sp]\n\t"                                                                              \
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

/* Leaves cursor in r11 and channels in lr. */
#define MOTE_REQUANTIZE                                                                              \
    "ldrd r11, lr, [sp, #4]\n\t" MOTE_SCALE                                                          \
    "ldr r11, [sp, #12]\n\t"                                                                         \
    "asr r12, r12, r11\n\t"                                                                          \
    "ssat r12, #8, r12\n\t"                                                                          \
    "ldrd r11, lr, [sp, #16]\n\t"

#define MOTE_START                                                                                   \
    ".syntax unified\n\t"                                                                            \
    "push {r4-r11, lr}\n\t"                                                                          \
    "ldm r0!, {r1-r6}\n\t"                                                                           \
    "push {r1-r6}\n\t"                                                                               \
    "ldm r0!, {r1-r10}\n\t"                                                                          \
    "push {r1-r10}\n\t"                                                                              \
    "ldm r0, {r1-r6}\n\t"                                                                            \
    "orr r6, r6, #0xff000000\n\t"                                                                    \
    "orr r6, r6, #0x00ff0000\n\t"

/* The first column of a row. */
#define MOTE_START_ROW                                                                               \
    "1: ldr r0, [sp, #40]\n\t"                                                                       \
    "ldrd r12, lr, [sp, #20]\n\t"                                                                    \
    "add r6, r6, lr, lsl #16\n\t"                                                                    \
    "ldr r10, [sp, #52]\n\t" MOTE_PADDED_COLUMN(r7)                                                  \
    "cmp r10, #0\n\t"                                                                                \
    "bne 8f\n\t" MOTE_COLUMN(r7)                                                                     \
    "add r0, r0, r12\n\t"                                                                            \
    "8: mov r10, r11\n\t"

#define MOTE_END_ROW                                                                                 \
    "7: ldrd r10, r11, [sp, #40]\n\t"                                                                \
    "ldrd r12, lr, [sp, #28]\n\t"                                                                    \
    "add r10, r10, r12\n\t"                                                                          \
    "add r11, r11, lr\n\t"                                                                           \
    "strd r10, r11, [sp, #40]\n\t"                                                                   \
    "ldr lr, [sp, #36]\n\t"                                                                          \
    "subs lr, lr, #1\n\t"                                                                            \
    "str lr, [sp, #36]\n\t"                                                                          \
    "bne 1b\n\t"                                                                                     \
    "add sp, sp, #64\n\t"                                                                            \
    "pop {r4-r11, pc}\n\t"

/* Stride 1: cursor is y - x, as both move by channels. */
#define MOTE_NEXT_STRIDE_1                                                                           \
    "strb r12, [r0, r11]\n\t"                                                                        \
    "add r0, r0, lr\n\t"                                                                             \
    "subs r6, r6, #65536\n\t"

#define MOTE_OUTPUT_STRIDE_1(p0, p1, p2)                                                             \
    MOTE_COLUMN(p2) MOTE_SUM(p0, p1, p2) MOTE_REQUANTIZE MOTE_NEXT_STRIDE_1

/* At 3, the last two columns are in r7 and r8. */
__attribute__((naked, noinline, unused)) static void
mote_depthwise_3x3_stride_1(__attribute__((unused)) const mote_depthwise_3x3_job *job)
{
    __asm volatile(MOTE_START MOTE_START_ROW MOTE_COLUMN(r8)
                   "add r0, r0, r12\n\t" MOTE_SHIFT_LOW
                   "ldr r11, [sp, #44]\n\t"
                   "sub r11, r11, r0\n\t"
                   "str r11, [sp, #16]\n\t"
                   "cmp r6, #0\n\t"
                   "blt 3f\n\t"
                   "2:\n\t" MOTE_OUTPUT_STRIDE_1(r7, r8, r9)
                   "bmi 4f\n\t" MOTE_OUTPUT_STRIDE_1(r8, r9, r7)
                   "bmi 5f\n\t" MOTE_OUTPUT_STRIDE_1(r9, r7, r8)
                   "bpl 2b\n\t"
                   "b 3f\n\t"
                   "4: mov r7, r8\n\t"
                   "mov r8, r9\n\t"
                   "b 3f\n\t"
                   "5: mov r8, r7\n\t"
                   "mov r7, r9\n\t"
                   "3: ldr lr, [sp, #56]\n\t"
                   "cmp lr, #0\n\t"
                   "beq 7f\n\t" MOTE_PADDED_COLUMN(r9) MOTE_SUM(r7, r8, r9) MOTE_REQUANTIZE
                   "strb r12, [r0, r11]\n\t" MOTE_END_ROW);
}

/* Stride 2: cursor is y. */
#define MOTE_MIDDLE_STRIDE_2                                                                         \
    "ldr lr, [sp, #20]\n\t" MOTE_SHIFT_LOW                                                           \
    "add r0, r0, lr\n\t"

#define MOTE_NEXT_STRIDE_2                                                                           \
    "strb r12, [r11]\n\t"                                                                            \
    "add r0, r0, lr\n\t"                                                                             \
    "add r11, r11, lr\n\t"                                                                           \
    "str r11, [sp, #16]\n\t"                                                                         \
    "subs r6, r6, #65536\n\t"

#define MOTE_OUTPUT_STRIDE_2(p0, p1, p2)                                                             \
    MOTE_COLUMN(p1) MOTE_MIDDLE_STRIDE_2 MOTE_COLUMN(p2) MOTE_SUM(p0, p1, p2) MOTE_REQUANTIZE        \
    MOTE_NEXT_STRIDE_2

/* At 3, the last column is in r7. */
__attribute__((naked, noinline, unused)) static void
mote_depthwise_3x3_stride_2(__attribute__((unused)) const mote_depthwise_3x3_job *job)
{
    __asm volatile(MOTE_START MOTE_START_ROW
                   "ldr r11, [sp, #44]\n\t"
                   "str r11, [sp, #16]\n\t"
                   "cmp r6, #0\n\t"
                   "blt 3f\n\t"
                   "2:\n\t" MOTE_OUTPUT_STRIDE_2(r7, r8, r9)
                   "bmi 4f\n\t" MOTE_OUTPUT_STRIDE_2(r9, r8, r7)
                   "bpl 2b\n\t"
                   "b 3f\n\t"
                   "4: mov r7, r9\n\t"
                   "3: ldr lr, [sp, #56]\n\t"
                   "cmp lr, #0\n\t"
                   "beq 7f\n\t" MOTE_COLUMN(r8) MOTE_MIDDLE_STRIDE_2 MOTE_PADDED_COLUMN(r9)
                   MOTE_SUM(r7, r8, r9) MOTE_REQUANTIZE
                   "strb r12, [r11]\n\t" MOTE_END_ROW);
}

/* The first column; the upper half of r6 counts all outputs, and is 0 at the last one. */
#define MOTE_START_APART(p)                                                                          \
    MOTE_START                                                                                       \
    "ldr r0, [sp, #40]\n\t"                                                                          \
    "ldrd r12, lr, [sp, #20]\n\t"                                                                    \
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
    "add sp, sp, #64\n\t"                                                                            \
    "pop {r4-r11, pc}\n\t"                                                                           \
    "4: ldr lr, [sp, #56]\n\t"                                                                       \
    "cmp lr, #0\n\t"                                                                                 \
    "beq 3b\n\t" MOTE_PADDED_COLUMN(r9)                                                              \
    "b 5b\n\t"

__attribute__((naked, noinline, unused)) static void
mote_depthwise_3x3_stride_1_apart(__attribute__((unused)) const mote_depthwise_3x3_job *job)
{
    __asm volatile(MOTE_START_APART(r8) MOTE_COLUMN_APART(r9)
                   "add r0, r0, r12\n\t" MOTE_SHIFT_LOW
                   "ldr r11, [sp, #44]\n\t"
                   "sub r11, r11, r0\n\t"
                   "str r11, [sp, #16]\n\t"
                   "2: mov r7, r8\n\t"
                   "mov r8, r9\n\t" MOTE_LAST_COLUMN_APART MOTE_SUM(r7, r8, r9) MOTE_REQUANTIZE
                   MOTE_NEXT_STRIDE_1 MOTE_END_APART);
}

__attribute__((naked, noinline, unused)) static void
mote_depthwise_3x3_stride_2_apart(__attribute__((unused)) const mote_depthwise_3x3_job *job)
{
    __asm volatile(MOTE_START_APART(r9)
                   "ldr r11, [sp, #44]\n\t"
                   "str r11, [sp, #16]\n\t"
                   "2: mov r7, r9\n\t" MOTE_COLUMN_APART(r8) MOTE_MIDDLE_STRIDE_2 MOTE_LAST_COLUMN_APART
                   MOTE_SUM(r7, r8, r9) MOTE_REQUANTIZE MOTE_NEXT_STRIDE_2 MOTE_END_APART);
}

#else

/* A column of the window: (row 0, row 1), and row 2 in *low. */
static inline uint32_t mote_column(const mote_depthwise_3x3_job *job, const int8_t *x, uint32_t is_pad,
                                   int32_t *low)
{
    *low = is_pad ? (int16_t)(uint16_t)job->zeros : x[job->x_third];
    return is_pad ? job->zeros : mote_pkhbt((uint32_t)x[0], (uint32_t)x[job->x_row]);
}

static inline void mote_depthwise_3x3_rows(const mote_depthwise_3x3_job *job, uint32_t stride)
{
    const int32_t step = (int32_t)job->channels;
    const uint32_t width = job->width + job->right_pad;
    for (int32_t row = 0; row < (int32_t)job->rows; row++) {
        const int8_t *x = job->x + row * job->x_step;
        for (uint32_t j = 0; j < width; j++) {
            int32_t low[3], sum = job->bias;
            for (uint32_t i = 0; i < 3; i++) {
                uint32_t is_left = j == 0 && i == 0 && job->left_pad;
                uint32_t is_right = j == width - 1 && i == 2 && job->right_pad;
                int32_t column = (int32_t)(j * stride + i) - (int32_t)job->left_pad;
                const int8_t *at = is_left || is_right ? x : x + column * step;
                uint32_t p = mote_column(job, at, is_left || is_right, &low[i]);
                sum = mote_smlad(p, job->weights[i], sum);
            }
            sum = mote_smlad(mote_pkhbt((uint32_t)low[1], (uint32_t)low[0]), job->weights[3], sum);
            sum = mote_smlabb((uint32_t)low[2], job->weights[4], sum);
            job->y[row * job->y_step + (int32_t)j * step] =
                (int8_t)mote_finish(sum, job->multiplier, job->offset, job->right, !MOTE_SINGLE);
        }
    }
}

static inline void mote_depthwise_3x3_stride_1(const mote_depthwise_3x3_job *job)
{
    mote_depthwise_3x3_rows(job, 1);
}

static inline void mote_depthwise_3x3_stride_2(const mote_depthwise_3x3_job *job)
{
    mote_depthwise_3x3_rows(job, 2);
}

#define mote_depthwise_3x3_stride_1_apart mote_depthwise_3x3_stride_1
#define mote_depthwise_3x3_stride_2_apart mote_depthwise_3x3_stride_2

#endif

#endif
