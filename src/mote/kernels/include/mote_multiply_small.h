/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the small DSP convolution: 2 pixels times the output channels, two channels A, B at a time, in as
 * few bytes of code and constants as go.
 *
 * Weights are lanes 256 * A + B, as mote_multiply_4.h has them: one SMLAD sums 256 * (x . A) + (x . B), one with the
 * sign-extended low bytes x . B, and the difference is 256 * (x . A). Requantisation is one line:
 *
 *     y = saturate((((x . A) << scale) + bias) * multiplier / 2^32, rounded down) >> shift
 *
 * with a bias that holds the rounding and both zero points, and numbers for which that is the layer's requantisation
 * of every sum that occurs; lower/small_line.py finds and proves them. Multipliers are a row of bytes: each has 31
 * bits, and starts 3 bytes behind the one before, or 4 where that one has its upper bit set.
 *
 * Exact: sums wrap modulo 2^32, |x . A| < 2^23, |((x . A) << scale) + bias| < 2^31 at any moment and lanes fit int16,
 * checked at compile time; multipliers are below 2^31. */
#ifndef MOTE_MULTIPLY_SMALL_H
#define MOTE_MULTIPLY_SMALL_H

#include "mote_dsp.h"

/* The assembly knows the offsets: 4 bytes a field. */
typedef struct {
    const int8_t *x[3];        /* the pixels, taps up to a multiple of 4 each; then where the first one ends */
    int32_t step;              /* of y from pixel 0 to pixel 1, which is stored first */
    const int8_t *weights;     /* for each pair its lanes, each four taps in the order 0, 2, 1, 3; bias A, bias B */
    const uint8_t *multiplier;
    int8_t *y;                 /* channel 0 of pixel 0 */
    int8_t *y_end;             /* behind its last channel, A or B */
    uint32_t scale;            /* less 8 */
    uint32_t shift;
} mote_small_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Lanes of two taps and of their B, r10 and r11: of pixels 0 and 1. */
#define MOTE_TWO_TAPS_SMALL(word, rotated)                                                           \
    "sxtb16 r10, r12" rotated "\n\t"                                                                 \
    "smlad r0, " word ", r10, r0\n\t"                                                                \
    "sxtb16 r11, " word "\n\t"                                                                       \
    "smlad r4, r11, r10, r4\n\t"                                                                     \
    "sxtb16 r10, lr" rotated "\n\t"                                                                  \
    "smlad r1, " word ", r10, r1\n\t"                                                                \
    "smlad r5, r11, r10, r5\n\t"

/* Registers: r0, r1 sums of A, r4, r5 sums of B, r8 x[0] and r2 from there to x[1], r6 its end, r9 weights. The stack
 * holds x[0], step and the job from multiplier on. A goes the same way as B: r8 is r6 only for A. */
__attribute__((naked, noinline, unused)) static void
mote_multiply_small(__attribute__((unused)) const mote_small_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r1-r10}\n\t"
        "push {r1, r4, r6-r10}\n\t"
        "subs r2, r2, r1\n\t"
        "mov r6, r3\n\t"
        "mov r9, r5\n\t"
        "1: ldr r8, [sp]\n\t"
        "movs r0, #0\n\t"
        "movs r1, #0\n\t"
        "movs r4, #0\n\t"
        "movs r5, #0\n\t"
        "2: ldr lr, [r8, r2]\n\t"
        "ldr r12, [r8], #4\n\t"
        "ldrd r3, r7, [r9], #8\n\t"
        MOTE_TWO_TAPS_SMALL("r3", "") MOTE_TWO_TAPS_SMALL("r7", ", ror #8")
        "cmp r8, r6\n\t"
        "bne 2b\n\t"
        "subs r0, r0, r4\n\t"
        "subs r1, r1, r5\n\t"
        "lsls r4, r4, #8\n\t"
        "lsls r5, r5, #8\n\t"
        "3: ldr r3, [sp, #20]\n\t"
        "ldr r7, [sp, #8]\n\t"
        "ldr r12, [r9], #4\n\t"
        "lsls r0, r0, r3\n\t"
        "lsls r1, r1, r3\n\t"
        "add r0, r0, r12\n\t"
        "add r1, r1, r12\n\t"
        "ldr r12, [r7], #3\n\t"
        "add r7, r7, r12, lsr #31\n\t"
        "bic r12, r12, #0x80000000\n\t"
        "ldr r3, [sp, #24]\n\t"
        "str r7, [sp, #8]\n\t"
        "smmul r0, r0, r12\n\t"
        "smmul r1, r1, r12\n\t"
        "ldr r7, [sp, #12]\n\t"
        "asrs r0, r0, r3\n\t"
        "asrs r1, r1, r3\n\t"
        "ldr r3, [sp, #4]\n\t"
        "ssat r0, #8, r0\n\t"
        "ssat r1, #8, r1\n\t"
        "strb r1, [r7, r3]\n\t"
        "ldr r3, [sp, #16]\n\t"
        "strb r0, [r7]\n\t"
        "adds r7, r7, #1\n\t"
        "str r7, [sp, #12]\n\t"
        "cmp r7, r3\n\t"
        "beq 4f\n\t"
        "mov r0, r4\n\t"
        "mov r1, r5\n\t"
        "cmp r8, r6\n\t"
        "mov r8, sp\n\t"
        "beq 3b\n\t"
        "b 1b\n\t"
        "4: add sp, sp, #28\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

static inline void mote_multiply_small(const mote_small_job *job)
{
    const int8_t *w = job->weights;
    const uint8_t *multiplier = job->multiplier;
    const uint32_t taps = (uint32_t)(job->x[2] - job->x[0]);
    for (int8_t *y = job->y; y < job->y_end; w += 2 * taps) {
        const int8_t *const lanes = w, *bias = w + 2 * taps;
        for (int which = 0; which < 2 && y < job->y_end; which++, y++, bias += 4, w += 4) {
            const uint32_t word = mote_read32(bias), line = mote_read32(multiplier);
            multiplier += 3 + (line >> 31);
            for (int pixel = 1; pixel >= 0; pixel--) {
                int32_t a = 0, b = 0;
                for (uint32_t i = 0; i < taps; i += 4) {
                    const uint32_t four = mote_read32(job->x[pixel] + i), even = mote_read32(lanes + 2 * i);
                    const uint32_t odd = mote_read32(lanes + 2 * i + 4);
                    a = mote_smlad(odd, mote_sxtb16_ror8(four), mote_smlad(even, mote_sxtb16(four), a));
                    b = mote_smlad(mote_sxtb16(even), mote_sxtb16(four), b);
                    b = mote_smlad(mote_sxtb16(odd), mote_sxtb16_ror8(four), b);
                }
                a = which ? (int32_t)((uint32_t)b << 8) : (int32_t)((uint32_t)a - (uint32_t)b);
                a = (int32_t)(((uint32_t)a << job->scale) + word);
                a = mote_smmla(a, (int32_t)(line & INT32_MAX), 0);
                y[pixel ? job->step : 0] = (int8_t)mote_ssat8(a >> job->shift);
            }
        }
    }
}

#endif

#endif
