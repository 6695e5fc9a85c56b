/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the DSP fully connected layer: one input vector times eight channels, which share
 * lanes in pairs as mote_multiply_4.h explains. */
#ifndef MOTE_DOT_8_H
#define MOTE_DOT_8_H

#include "mote_multiply_4.h"

/* A call moves x and weights on to where it stopped. */
typedef struct {
    int32_t a[4];          /* sums 256 * A + B; wide: A */
    int32_t b[4];          /* sums B */
    const int8_t *x;
    const int8_t *weights; /* [inputs / 4][4 pairs] of 8 bytes (4 bits: 4), 4-byte aligned */
    const int8_t *x_end;   /* a positive multiple of 4 bytes after x */
} mote_dot_8_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0-r3 a, r4-r7 b, r8 x, r9 weights, r10 and r11 four inputs in lanes; r12 and lr free.
 * The stack holds x_end and the job's address. */
#if MOTE_NIBBLES
#define MOTE_PAIR_WORD_0 "ldr r12, [r9]\n\tand r12, r12, #0xF0F0F0F0\n\t"
#define MOTE_PAIR_WORD_1 "ldr r12, [r9], #4\n\tlsl r12, r12, #4\n\tand r12, r12, #0xF0F0F0F0\n\t"
#else
#define MOTE_PAIR_WORD_0 "ldr r12, [r9], #4\n\t"
#define MOTE_PAIR_WORD_1 MOTE_PAIR_WORD_0
#endif

#if MOTE_WIDE
#define MOTE_TWO_TAPS_OF_PAIR(a, b, x, word)                                                         \
    word                                                                                             \
    "sxtb16 lr, r12\n\t"                                                                             \
    "sxtb16 r12, r12, ror #8\n\t"                                                                    \
    "smlad " #a ", r12, " #x ", " #a "\n\t"                                                          \
    "smlad " #b ", lr, " #x ", " #b "\n\t"
#define MOTE_FOUR_TAPS_OF_PAIR(a, b)                                                                 \
    MOTE_TWO_TAPS_OF_PAIR(a, b, r10, MOTE_PAIR_WORD_0)                                               \
    MOTE_TWO_TAPS_OF_PAIR(a, b, r11, MOTE_PAIR_WORD_1)
#else
#define MOTE_FOUR_TAPS_OF_PAIR(a, b)                                                                 \
    "ldrd r12, lr, [r9], #8\n\t"                                                                     \
    "smlad " #a ", r12, r10, " #a "\n\t"                                                             \
    "sxtb16 r12, r12\n\t"                                                                            \
    "smlad " #a ", lr, r11, " #a "\n\t"                                                              \
    "sxtb16 lr, lr\n\t"                                                                              \
    "smlad " #b ", r12, r10, " #b "\n\t"                                                             \
    "smlad " #b ", lr, r11, " #b "\n\t"
#endif

__attribute__((naked, noinline, unused)) static void
mote_dot_8(__attribute__((unused)) mote_dot_8_job *job)
{
    __asm volatile(".syntax unified\n\t"
                   "push {r0, r4-r11, lr}\n\t"
                   "ldr r12, [r0, #40]\n\t"
                   "push {r12}\n\t"
                   "ldm r0, {r0-r9}\n\t"
                   "1: ldr r11, [r8], #4\n\t"
                   "sxtb16 r10, r11\n\t"
                   "sxtb16 r11, r11, ror #8\n\t"
                   MOTE_FOUR_TAPS_OF_PAIR(r0, r4)
                   MOTE_FOUR_TAPS_OF_PAIR(r1, r5)
                   MOTE_FOUR_TAPS_OF_PAIR(r2, r6)
                   MOTE_FOUR_TAPS_OF_PAIR(r3, r7)
                   "ldr r12, [sp]\n\t"
                   "cmp r8, r12\n\t"
                   "bne 1b\n\t"
                   "ldr r12, [sp, #4]\n\t"
                   "stm r12, {r0-r9}\n\t"
                   "add sp, sp, #8\n\t"
                   "pop {r4-r11, pc}\n\t");
}

#else

static inline void mote_dot_8(mote_dot_8_job *job)
{
    for (; job->x != job->x_end; job->x += 4) {
        uint32_t x = mote_read32(job->x), x0 = mote_sxtb16(x), x1 = mote_sxtb16_ror8(x);
        for (uint32_t pair = 0; pair < 4; pair++, job->weights += MOTE_FOUR_TAPS_BYTES) {
            uint32_t w0 = mote_weight_word(job->weights, 0), w1 = mote_weight_word(job->weights, 1);
            job->a[pair] = mote_smlad(mote_lanes_a(w0), x0, job->a[pair]);
            job->a[pair] = mote_smlad(mote_lanes_a(w1), x1, job->a[pair]);
            job->b[pair] = mote_smlad(mote_sxtb16(w0), x0, job->b[pair]);
            job->b[pair] = mote_smlad(mote_sxtb16(w1), x1, job->b[pair]);
        }
    }
}

#endif

#endif
