/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the small DSP depthwise convolution 3 x 3: one channel of an output row of any width, whose
 * columns of three values slide through registers.
 *
 * The upper two values of a column make one word P, the third one stands alone:
 *     sum = cut + P[i] . W0 + P[i+1] . W1 + P[i+2] . W2 + (l[i] * w[2][0] + l[i+1] * w[2][1] + l[i+2] * w[2][2])
 *     y = saturate((((sum << scale) + bias) * multiplier / 2^32, rounded down) >> shift)
 * with Wi = (w[0][i], w[1][i]). Columns outside the image are zeros.
 *
 * No overflow: sums wrap modulo 2^32, and (sum << scale) + bias fits int32, checked at compile time. */
#ifndef MOTE_DEPTHWISE_SLIDE_H
#define MOTE_DEPTHWISE_SLIDE_H

#include "mote_dsp.h"

/* The assembly knows the offsets: 4 bytes a field. */
typedef struct {
    int32_t cut;
    uint32_t w[5];       /* W0, W1, W2, (w[2][0], w[2][1]), (w[2][2], 0) */
    uint32_t scale;
    int32_t bias;
    int32_t multiplier;
    uint32_t shift;
    uint32_t stride;
    int8_t *y;           /* where the next result goes */
    int32_t channels;    /* from a pixel to the next, of x and of y */
    uint32_t zeros;      /* two values outside the image */
    int32_t right_pad;   /* columns right of the image, 0 or 1 */
    int32_t columns;     /* inside the image */
    int32_t first;       /* which of these, from 1, the first result waits for */
} mote_slide_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* x: the third row's first column; row_0, row_1: from there to those of the other rows.
 * Registers: r4-r6 words of the upper rows, r7-r9 values of the third one, r10 columns left, r11 columns to wait for. */
__attribute__((naked, noinline, unused)) static void
mote_depthwise_slide(__attribute__((unused)) const int8_t *x, __attribute__((unused)) int32_t row_0,
                     __attribute__((unused)) int32_t row_1, __attribute__((unused)) mote_slide_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldr r6, [r3, #52]\n\t"
        "ldrd r10, r11, [r3, #60]\n\t"
        "mov r5, r6\n\t"
        "mov r8, r6\n\t"
        "mov r9, r6\n\t"
        "b 4f\n\t"
        "1: ldr r12, [r3, #48]\n\t"
        "mov r4, r5\n\t"
        "mov r5, r6\n\t"
        "ldrsb r6, [r0, r1]\n\t"
        "ldrsb lr, [r0, r2]\n\t"
        "mov r7, r8\n\t"
        "mov r8, r9\n\t"
        "ldrsb r9, [r0]\n\t"
        "add r0, r0, r12\n\t"
        "pkhbt r6, r6, lr, lsl #16\n\t"
        "2: subs r11, r11, #1\n\t"
        "bne 4f\n\t"
        "ldrd lr, r12, [r3]\n\t"
        "smlad lr, r4, r12, lr\n\t"
        "ldrd r11, r12, [r3, #8]\n\t"
        "smlad lr, r5, r11, lr\n\t"
        "smlad lr, r6, r12, lr\n\t"
        "ldrd r11, r12, [r3, #16]\n\t"
        "smlabb lr, r7, r11, lr\n\t"
        "smlabt lr, r8, r11, lr\n\t"
        "smlabb lr, r9, r12, lr\n\t"
        "ldrd r11, r12, [r3, #24]\n\t"
        "lsl lr, lr, r11\n\t"
        "add lr, lr, r12\n\t"
        "ldrd r11, r12, [r3, #32]\n\t"
        "smmul lr, lr, r11\n\t"
        "asr lr, lr, r12\n\t"
        "ldrd r11, r12, [r3, #40]\n\t"
        "ssat lr, #8, lr\n\t"
        "strb lr, [r12]\n\t"
        "ldr lr, [r3, #48]\n\t"
        "add r12, r12, lr\n\t"
        "str r12, [r3, #44]\n\t"
        "4: subs r10, r10, #1\n\t"
        "bpl 1b\n\t"
        "ldr r12, [r3, #56]\n\t"
        "adds r12, r12, r10\n\t"
        "it mi\n\t"
        "popmi {r4-r11, pc}\n\t"
        "mov r4, r5\n\t"
        "mov r5, r6\n\t"
        "mov r7, r8\n\t"
        "mov r8, r9\n\t"
        "ldr r6, [r3, #52]\n\t"
        "mov r9, r6\n\t"
        "b 2b\n\t");
}

#else

static inline void mote_depthwise_slide(const int8_t *x, int32_t row_0, int32_t row_1, mote_slide_job *job)
{
    uint32_t p[3] = {0, job->zeros, job->zeros}, l[3] = {0, job->zeros, job->zeros};
    int32_t wait = job->first;
    for (int32_t column = 0; column < job->columns + job->right_pad; column++, x += job->channels) {
        const int is_inside = column < job->columns;
        p[0] = p[1];
        p[1] = p[2];
        l[0] = l[1];
        l[1] = l[2];
        p[2] = is_inside ? mote_pkhbt((uint32_t)x[row_0], (uint32_t)x[row_1]) : job->zeros;
        l[2] = is_inside ? (uint32_t)*x : job->zeros;
        if (--wait > 0)
            continue;
        int32_t sum = mote_smlad(p[0], job->w[0], job->cut);
        sum = mote_smlad(p[1], job->w[1], sum);
        sum = mote_smlad(p[2], job->w[2], sum);
        sum = mote_smlad(mote_pkhbt(l[0], l[1]), job->w[3], sum);
        sum = mote_smlabb(l[2], job->w[4], sum);
        sum = (int32_t)(((uint32_t)sum << job->scale) + (uint32_t)job->bias);
        *job->y = (int8_t)mote_ssat8(mote_smmla(sum, job->multiplier, 0) >> job->shift);
        job->y += job->channels;
        wait = (int32_t)job->stride;
    }
}

#endif

#endif
