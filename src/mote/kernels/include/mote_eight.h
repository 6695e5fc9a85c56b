/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the 1 x 1 convolution of 8 input channels: two pixels stay in registers, in lanes, while the
 * weights of one output channel after the other are read, 256 times as large. A result is
 *     y = saturate(floor(sum * multiplier / 2^32) >> MOTE_EIGHT_SHIFT)
 * where the sum starts with the channel's offset, bias included: with numbers for which that is the layer's
 * requantisation of every sum that occurs.
 *
 * No overflow: |sum| < 2^31 in any order, as lower/requantization_line.py proves of every channel. */
#ifndef MOTE_EIGHT_H
#define MOTE_EIGHT_H

#include "mote_dsp.h"

#define MOTE_EIGHT_SHIFT 8
#define MOTE_EIGHT_WORDS 6   /* of a channel */
#define MOTE_EIGHT_BYTES 72u /* of the instructions of a channel */

/* Pixels that lie at one distance from each other. The assembly knows the order of the fields. */
typedef struct {
    uint32_t y_next;            /* bytes from behind a result of the first pixel to that of the second */
    const int32_t *weights_end;
    uint32_t enter;             /* MOTE_EIGHT_BYTES * (-channels modulo 4) */
    const int32_t *weights;     /* of each channel its offset, the lanes of taps 0 and 2, 1 and 3, 4 and 6, 5 and 7,
                                 * and the multiplier */
    const int8_t *x;            /* the first pixel */
    uint32_t step;              /* bytes from pixel to pixel */
    int8_t *y;                  /* its first result */
    uint32_t pairs;             /* of pixels */
} mote_eight_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* A channel of two pixels. Registers: r0-r3 and r4-r7 their lanes, r8 weights, r9 y; r10-r12, lr free. */
#define MOTE_EIGHT_CHANNEL                                                                           \
    "ldm r8!, {r10, r11, r12}\n\t"                                                                   \
    "smlad lr, r0, r11, r10\n\t"                                                                     \
    "smlad r10, r4, r11, r10\n\t"                                                                    \
    "smlad lr, r1, r12, lr\n\t"                                                                      \
    "smlad r10, r5, r12, r10\n\t"                                                                    \
    "ldm r8!, {r11, r12}\n\t"                                                                        \
    "smlad lr, r2, r11, lr\n\t"                                                                      \
    "smlad r10, r6, r11, r10\n\t"                                                                    \
    "smlad lr, r3, r12, lr\n\t"                                                                      \
    "smlad r10, r7, r12, r10\n\t"                                                                    \
    "ldr r11, [r8], #4\n\t"                                                                          \
    "ldr r12, [sp]\n\t"                                                                              \
    "smmul lr, lr, r11\n\t"                                                                          \
    "smmul r10, r10, r11\n\t"                                                                        \
    "ssat lr, #8, lr, asr #8\n\t"                                                                    \
    "ssat r10, #8, r10, asr #8\n\t"                                                                  \
    "strb lr, [r9], #1\n\t"                                                                          \
    "strb r10, [r9, r12]\n\t"

__attribute__((naked, noinline, unused)) static void
mote_eight(__attribute__((unused)) const mote_eight_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r1-r8}\n\t"
        "push {r1-r8}\n\t"
        /* Two pixels. */
        ".balign 4\n\t"
        "1: ldr r8, [sp, #16]\n\t"
        "ldr r9, [sp, #20]\n\t"
        "add r10, r8, r9\n\t"
        "add r11, r10, r9\n\t"
        "str r11, [sp, #16]\n\t"
        "ldr r1, [r8]\n\t"
        "ldr r3, [r8, #4]\n\t"
        "ldr r5, [r10]\n\t"
        "ldr r7, [r10, #4]\n\t"
        "ldr r8, [sp, #12]\n\t"
        "ldr r9, [sp, #24]\n\t"
        "ldr r10, [sp]\n\t"
        "ldr r12, [sp, #8]\n\t"
        "sxtb16 r0, r1\n\t"
        "sxtb16 r1, r1, ror #8\n\t"
        "sxtb16 r2, r3\n\t"
        "sxtb16 r3, r3, ror #8\n\t"
        "sxtb16 r4, r5\n\t"
        "sxtb16 r5, r5, ror #8\n\t"
        "sxtb16 r6, r7\n\t"
        "sxtb16 r7, r7, ror #8\n\t"
        "add r11, r9, r10, lsl #1\n\t"
        "add r11, r11, #2\n\t"
        "str r11, [sp, #24]\n\t"
        /* Four channels a round, of which the first one may leave out some. */
        ".balign 4\n\t"
        "add pc, r12\n\t"
        "nop\n\t"
        "2:\n\t" MOTE_EIGHT_CHANNEL MOTE_EIGHT_CHANNEL MOTE_EIGHT_CHANNEL MOTE_EIGHT_CHANNEL
        "ldr r10, [sp, #4]\n\t"
        "cmp r8, r10\n\t"
        "bne 2b\n\t"
        "ldr r10, [sp, #28]\n\t"
        "subs r10, r10, #1\n\t"
        "str r10, [sp, #28]\n\t"
        "bne 1b\n\t"
        "add sp, sp, #32\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

static inline int8_t mote_eight_result(const int8_t *x, const int32_t *w)
{
    int32_t sum = w[0];
    for (int i = 0; i < 2; i++) {
        const uint32_t four = mote_read32(x + 4 * i);
        sum = mote_smlad(mote_sxtb16(four), (uint32_t)w[1 + 2 * i], sum);
        sum = mote_smlad(mote_sxtb16_ror8(four), (uint32_t)w[2 + 2 * i], sum);
    }
    return (int8_t)mote_ssat8(mote_smmla(sum, w[5], 0) >> MOTE_EIGHT_SHIFT);
}

static inline void mote_eight(const mote_eight_job *job)
{
    const int8_t *x = job->x;
    int8_t *y = job->y;
    for (uint32_t pair = 0; pair < job->pairs; pair++, x += 2 * job->step, y += 2 * (job->y_next + 1)) {
        int8_t *to = y;
        for (const int32_t *w = job->weights; w != job->weights_end; w += MOTE_EIGHT_WORDS, to++) {
            to[0] = mote_eight_result(x, w);
            to[job->y_next + 1] = mote_eight_result(x + job->step, w);
        }
    }
}

#endif

#endif
