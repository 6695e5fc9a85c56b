/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the small DSP depthwise convolution 3 x 3: one pixel, channel by channel.
 *
 *     y[c] = saturate((((sum_{k,i} x[k][i * channels + c] * weights[c][k][i] << scale) + bias[c]) * multiplier / 2^32,
 *                      rounded down) >> shift)
 *
 * with lines and multipliers as mote_multiply_small.h has them. The job's x are the window's rows; its step leads from a
 * pixel of these to the next, its weights are the 9 of each channel and its bias, and its scale is the whole one.
 * No overflow: sums wrap modulo 2^32, and (sum << scale) + bias fits int32, checked at compile time. */
#ifndef MOTE_DEPTHWISE_SMALL_H
#define MOTE_DEPTHWISE_SMALL_H

#include "mote_multiply_small.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#define MOTE_TAP_SMALL(from)                                                                         \
    "ldrsb r11, [" from "\n\t"                                                                       \
    "ldrsb r12, [r5], #1\n\t"                                                                        \
    "mla r0, r11, r12, r0\n\t"
#define MOTE_ROW_SMALL(row) MOTE_TAP_SMALL(row "]") MOTE_TAP_SMALL(row ", r4]") MOTE_TAP_SMALL(row ", r4, lsl #1]")

/* Registers: r0 the sum, r1-r3 rows, r4 channels, r5 weights, r6 multipliers, r7 y, r8 its end. */
__attribute__((naked, noinline, unused)) static void
mote_depthwise_small(__attribute__((unused)) const mote_small_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r12, lr}\n\t"
        "ldm r0, {r1-r10}\n\t"
        "1: movs r0, #0\n\t"
        MOTE_ROW_SMALL("r1") MOTE_ROW_SMALL("r2") MOTE_ROW_SMALL("r3")
        "ldr r12, [r5], #4\n\t"
        "adds r1, r1, #1\n\t"
        "adds r2, r2, #1\n\t"
        "adds r3, r3, #1\n\t"
        "lsl r0, r0, r9\n\t"
        "add r0, r0, r12\n\t"
        "ldr r12, [r6], #3\n\t"
        "add r6, r6, r12, lsr #31\n\t"
        "bic r12, r12, #0x80000000\n\t"
        "smmul r0, r0, r12\n\t"
        "asr r0, r0, r10\n\t"
        "ssat r0, #8, r0\n\t"
        "strb r0, [r7], #1\n\t"
        "cmp r7, r8\n\t"
        "bne 1b\n\t"
        "pop {r4-r12, pc}\n\t");
}

#else

static inline void mote_depthwise_small(const mote_small_job *job)
{
    const int8_t *w = job->weights;
    const uint8_t *multiplier = job->multiplier;
    int8_t *y = job->y;
    for (int32_t c = 0; y < job->y_end; c++, w += 13, y++) {
        const uint32_t bias = mote_read32(w + 9), line = mote_read32(multiplier);
        int32_t sum = 0;
        for (int32_t i = 0; i < 9; i++)
            sum += job->x[i / 3][i % 3 * job->step + c] * w[i];
        multiplier += 3 + (line >> 31);
        sum = (int32_t)(((uint32_t)sum << job->scale) + bias);
        *y = (int8_t)mote_ssat8(mote_smmla(sum, (int32_t)(line & INT32_MAX), 0) >> job->shift);
    }
}

#endif

#endif
