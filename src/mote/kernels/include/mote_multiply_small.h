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
 * of every sum that occurs; lower/small_line.py finds and proves them. A multiplier is the 4 bytes that start at its
 * place in a row of bytes, where places are 3 bytes apart, or 4.
 *
 * Exact: sums wrap modulo 2^32, |x . A| < 2^23, |((x . A) << scale) + bias| < 2^31 at any moment and lanes fit int16,
 * checked at compile time; multipliers are below 2^31.
 *
 * x: [taps / 2][2 pixels] words of two int16, taps a multiple of 4; the order of the taps is the weights'. */
#ifndef MOTE_MULTIPLY_SMALL_H
#define MOTE_MULTIPLY_SMALL_H

#include "mote_dsp.h"

typedef struct {
    const uint32_t *x;
    const uint32_t *x_end;
    const int8_t *weights;     /* [pairs][taps] lanes */
    const int32_t *bias;       /* [pairs][2] */
    const uint8_t *multiplier; /* [pairs][2] */
    int8_t *y;                 /* channel 0 of pixel 0 */
    uint32_t y_step;           /* from pixel 0 to pixel 1, which is stored first */
    int32_t channels;          /* at least 1; a last B beyond them is not stored */
    uint32_t scale;            /* of A, whose sums have 8 bits of it */
    uint32_t scale_b;
    uint32_t shift;
    uint32_t bytes;            /* from one multiplier to the next */
} mote_multiply_small_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#define MOTE_TWO_TAPS_SMALL(word)                                                                    \
    "ldrd r12, lr, [r8], #8\n\t"                                                                     \
    "sxtb16 r11, " word "\n\t"                                                                       \
    "smlad r0, " word ", r12, r0\n\t"                                                                \
    "smlad r4, r11, r12, r4\n\t"                                                                     \
    "smlad r1, " word ", lr, r1\n\t"                                                                 \
    "smlad r5, r11, lr, r5\n\t"

/* The line of A (two pixels) with bias r11, multiplier r10 and the shift r12. */
#define MOTE_LINE_SMALL(a, b)                                                                        \
    "add " a ", " a ", r11\n\t"                                                                      \
    "add " b ", " b ", r11\n\t"                                                                      \
    "smmul " a ", " a ", r10\n\t"                                                                    \
    "smmul " b ", " b ", r10\n\t"                                                                    \
    "asrs " a ", " a ", r3\n\t"                                                                      \
    "asrs " b ", " b ", r3\n\t"                                                                      \
    "ssat " a ", #8, " a "\n\t"                                                                      \
    "ssat " b ", #8, " b "\n\t"

/* Registers: r0, r1 sums of A, r4, r5 sums of B, r8 x, r2 its end, r9 weights, r6 multipliers, r7 biases. The stack
 * holds x, and the job from y on. */
__attribute__((naked, noinline, unused)) static void
mote_multiply_small(__attribute__((unused)) const mote_multiply_small_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r1-r12}\n\t"
        "push {r1, r6-r12}\n\t"
        "mov r9, r3\n\t"
        "mov r7, r4\n\t"
        "mov r6, r5\n\t"
        "1: ldr r8, [sp]\n\t"
        "movs r0, #0\n\t"
        "movs r1, #0\n\t"
        "movs r4, #0\n\t"
        "movs r5, #0\n\t"
        "2: ldrd r10, r3, [r9], #8\n\t"
        MOTE_TWO_TAPS_SMALL("r10") MOTE_TWO_TAPS_SMALL("r3")
        "cmp r8, r2\n\t"
        "bne 2b\n\t"
        "subs r0, r0, r4\n\t"
        "subs r1, r1, r5\n\t"
        "ldrd r3, r8, [sp, #16]\n\t"
        "lsls r0, r0, r3\n\t"
        "lsls r1, r1, r3\n\t"
        "lsl r4, r4, r8\n\t"
        "lsl r5, r5, r8\n\t"
        "ldrd r3, r12, [sp, #24]\n\t"
        "ldr r11, [r7], #4\n\t"
        "ldr r10, [r6]\n\t"
        "add r6, r6, r12\n\t"
        MOTE_LINE_SMALL("r0", "r1")
        "ldr r11, [r7], #4\n\t"
        "ldr r10, [r6]\n\t"
        "add r6, r6, r12\n\t"
        MOTE_LINE_SMALL("r4", "r5")
        /* B goes behind A, or where there is none in the place of A, which is stored later. */
        "ldrd r10, r11, [sp, #4]\n\t"
        "ldr r12, [sp, #12]\n\t"
        "sub r12, r12, #2\n\t"
        "str r12, [sp, #12]\n\t"
        "add r3, r10, r12, asr #31\n\t"
        "adds r3, r3, #1\n\t"
        "strb r5, [r3, r11]\n\t"
        "strb r4, [r3]\n\t"
        "strb r1, [r10, r11]\n\t"
        "strb r0, [r10], #2\n\t"
        "str r10, [sp, #4]\n\t"
        "cmp r12, #0\n\t"
        "bgt 1b\n\t"
        "add sp, sp, #32\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

static inline void mote_multiply_small(const mote_multiply_small_job *job)
{
    for (int pixel = 1; pixel >= 0; pixel--) {
        const int8_t *w = job->weights;
        const uint8_t *multiplier = job->multiplier;
        int8_t *y = job->y + (pixel ? job->y_step : 0);
        for (int32_t i = 0; i < job->channels; i += 2) {
            int32_t a = 0, b = 0;
            for (const uint32_t *x = job->x + pixel; x < job->x_end; x += 2, w += 4) {
                a = mote_smlad(mote_read32(w), *x, a);
                b = mote_smlad(mote_sxtb16(mote_read32(w)), *x, b);
            }
            a = (int32_t)(((uint32_t)a - (uint32_t)b) << job->scale);
            a = mote_smmla((int32_t)((uint32_t)a + (uint32_t)job->bias[i]), (int32_t)mote_read32(multiplier), 0);
            y[i] = (int8_t)mote_ssat8(a >> job->shift);
            multiplier += job->bytes;
            if (i + 1 < job->channels) {
                b = (int32_t)(((uint32_t)b << job->scale_b) + (uint32_t)job->bias[i + 1]);
                b = mote_smmla(b, (int32_t)mote_read32(multiplier), 0);
                y[i + 1] = (int8_t)mote_ssat8(b >> job->shift);
            }
            multiplier += job->bytes;
        }
    }
}

#endif

#endif
