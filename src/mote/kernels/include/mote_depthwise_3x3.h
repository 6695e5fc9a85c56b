/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the DSP depthwise convolution: one channel of some output rows, kernel 3 x 3,
 * horizontal stride 1 or 2. MOTE_SINGLE selects single rounding.
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

typedef struct {
    int32_t bias; /* doubled */
    int32_t multiplier;
    int32_t offset;     /* (2 * y_zero + 1) << (right - 1) */
    int32_t right;
    int8_t *y;          /* [rows][width], a value every channels bytes */
    uint32_t channels;
    uint32_t width;     /* of y, 1..32767 */
    int32_t x_skip;     /* from the end of what one output row read to the start of the next */
    int32_t y_skip;     /* stride 1: growth of y - x from one output row to the next */
    uint32_t rows;      /* at least 1 */
    const int8_t *x;    /* first column of the first row */
    int32_t x_row;      /* bytes from one row to the next */
    uint32_t weights[5];
} mote_depthwise_3x3_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0 x, r1 x_row, r2-r6 weights, three of r7-r9 the columns P, r10 (l1, l0), r11 l2, r12 sum,
 * lr free. The upper half of r6, which SMLABB ignores, counts outputs. The stack holds the first ten
 * words of the job. */
#define MOTE_COLUMN(p)                                                                               \
    "ldrsb " #p ", [r0]\n\t"                                                                         \
    "ldrsb lr, [r0, r1]\n\t"                                                                         \
    "ldrsb r11, [r0, r1, lsl #1]\n\t"                                                                \
    "pkhbt " #p ", " #p ", lr, lsl #16\n\t"

#define MOTE_SUM(p0, p1, p2)                                                                         \
    "ldr r12, [sp]\n\t"                                                                              \
    "smlad r12, " #p0 ", r2, r12\n\t"                                                                \
    "smlad r12, " #p1 ", r3, r12\n\t"                                                                \
    "smlad r12, " #p2 ", r4, r12\n\t"                                                                \
    "smlad r12, r10, r5, r12\n\t"                                                                    \
    "smlabb r12, r11, r6, r12\n\t"                                                                   \
    "pkhbt r10, r11, r10, lsl #16\n\t"

#if MOTE_SINGLE
#define MOTE_SCALE "smmla r12, r12, r11, lr\n\t"
#else
#define MOTE_SCALE "smmlar lr, r12, r11, lr\n\tadd r12, lr, r12, asr #31\n\t"
#endif

#define MOTE_REQUANTIZE                                                                              \
    "ldrd r11, lr, [sp, #4]\n\t" MOTE_SCALE                                                          \
    "ldr r11, [sp, #12]\n\t"                                                                         \
    "asr r12, r12, r11\n\t"                                                                          \
    "ssat r12, #8, r12\n\t"                                                                          \
    "ldrd r11, lr, [sp, #16]\n\t"

/* r11 is y - x. */
#define MOTE_OUTPUT_STRIDE_1(p0, p1, p2)                                                             \
    MOTE_COLUMN(p2) MOTE_SUM(p0, p1, p2) MOTE_REQUANTIZE                                             \
    "strb r12, [r0, r11]\n\t"                                                                        \
    "add r0, r0, lr\n\t"                                                                             \
    "subs r6, r6, #65536\n\t"                                                                        \
    "bmi 3f\n\t"

/* r11 is y. */
#define MOTE_OUTPUT_STRIDE_2(p0, p1, p2)                                                             \
    MOTE_COLUMN(p1)                                                                                  \
    "ldr lr, [sp, #20]\n\t"                                                                          \
    "pkhbt r10, r11, r10, lsl #16\n\t"                                                               \
    "add r0, r0, lr\n\t" MOTE_COLUMN(p2) MOTE_SUM(p0, p1, p2) MOTE_REQUANTIZE                        \
    "strb r12, [r11]\n\t"                                                                            \
    "add r0, r0, lr\n\t"                                                                             \
    "add r11, r11, lr\n\t"                                                                           \
    "str r11, [sp, #16]\n\t"                                                                         \
    "subs r6, r6, #65536\n\t"                                                                        \
    "bmi 3f\n\t"

#define MOTE_START                                                                                   \
    ".syntax unified\n\t"                                                                            \
    "push {r4-r11, lr}\n\t"                                                                          \
    "ldm r0!, {r1-r10}\n\t"                                                                          \
    "push {r1-r10}\n\t"                                                                              \
    "ldm r0, {r0-r6}\n\t"                                                                            \
    "uxth r6, r6\n\t"                                                                                \
    "sub r6, r6, #65536\n\t"                                                                         \
    "ldr r12, [sp, #20]\n\t"

/* r12 is channels. */
#define MOTE_NEXT_ROW                                                                                \
    "ldr r11, [sp, #28]\n\t"                                                                         \
    "ldr lr, [sp, #36]\n\t"                                                                          \
    "add r0, r0, r11\n\t"                                                                            \
    "ldr r12, [sp, #20]\n\t"                                                                         \
    "subs lr, lr, #1\n\t"                                                                            \
    "str lr, [sp, #36]\n\t"                                                                          \
    "bne 1b\n\t"                                                                                     \
    "add sp, sp, #40\n\t"                                                                            \
    "pop {r4-r11, pc}\n\t"

__attribute__((naked, noinline, unused)) static void
mote_depthwise_3x3_stride_1(__attribute__((unused)) const mote_depthwise_3x3_job *job)
{
    __asm volatile(MOTE_START
                   "ldr r11, [sp, #16]\n\t"
                   "sub r11, r11, r0\n\t"
                   "sub r11, r11, r12, lsl #1\n\t"
                   "str r11, [sp, #16]\n\t"
                   /* One output row: two columns ahead, then one for each output. */
                   "1: ldr lr, [sp, #24]\n\t"
                   "add r6, r6, lr, lsl #16\n\t"
                   MOTE_COLUMN(r7)
                   "add r0, r0, r12\n\t"
                   "mov r10, r11\n\t"
                   MOTE_COLUMN(r8)
                   "add r0, r0, r12\n\t"
                   "pkhbt r10, r11, r10, lsl #16\n\t"
                   "2:\n\t"
                   MOTE_OUTPUT_STRIDE_1(r7, r8, r9)
                   MOTE_OUTPUT_STRIDE_1(r8, r9, r7)
                   MOTE_OUTPUT_STRIDE_1(r9, r7, r8)
                   "b 2b\n\t"
                   "3: ldr r11, [sp, #16]\n\t"
                   "ldr lr, [sp, #32]\n\t"
                   "add r11, r11, lr\n\t"
                   "str r11, [sp, #16]\n\t"
                   MOTE_NEXT_ROW);
}

__attribute__((naked, noinline, unused)) static void
mote_depthwise_3x3_stride_2(__attribute__((unused)) const mote_depthwise_3x3_job *job)
{
    __asm volatile(MOTE_START
                   /* One output row: one column ahead, then two for each output. */
                   "1: ldr lr, [sp, #24]\n\t"
                   "add r6, r6, lr, lsl #16\n\t"
                   MOTE_COLUMN(r7)
                   "add r0, r0, r12\n\t"
                   "mov r10, r11\n\t"
                   "2:\n\t"
                   MOTE_OUTPUT_STRIDE_2(r7, r8, r9)
                   MOTE_OUTPUT_STRIDE_2(r9, r8, r7)
                   "b 2b\n\t"
                   "3:\n\t"
                   MOTE_NEXT_ROW);
}

#else

static inline void mote_depthwise_3x3_rows(const mote_depthwise_3x3_job *job, uint32_t stride)
{
    const int8_t *x = job->x;
    int8_t *y = job->y;
    for (uint32_t row = 0; row < job->rows; row++) {
        for (uint32_t j = 0; j < job->width; j++) {
            uint32_t p[3];
            int32_t low[3], sum = job->bias;
            for (uint32_t i = 0; i < 3; i++) {
                const int8_t *column = x + (j * stride + i) * job->channels;
                p[i] = mote_pkhbt((uint32_t)column[0], (uint32_t)column[job->x_row]);
                low[i] = column[2 * job->x_row];
                sum = mote_smlad(p[i], job->weights[i], sum);
            }
            sum = mote_smlad(mote_pkhbt((uint32_t)low[1], (uint32_t)low[0]), job->weights[3], sum);
            sum = mote_smlabb((uint32_t)low[2], job->weights[4], sum);
            *y = (int8_t)mote_finish(sum, job->multiplier, job->offset, job->right, !MOTE_SINGLE);
            y += job->channels;
        }
        x += (job->width * stride + 3 - stride) * job->channels;
        x += job->x_skip;
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

#endif

#endif
