/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the convolution with two pixels in a word: one multiplication computes two products.
 *
 * A word holds x = a + b * 2^16 for pixels a and b; with weights w of a block of taps, sum(w * x) is
 * A + B * 2^16, A = sum(w * a), B = sum(w * b). As -2^15 <= A, B < 2^15, proven for every block at compile
 * time, it is an int32 once 2^15 is added, and its upper half is B. Over all blocks
 *   high = sum(B)
 *   all  = sum(A) + blocks * 2^15 + sum(B) * 2^16, modulo 2^32
 * from which the sums of both pixels follow. Blocks have four taps, or two where a channel's weights are large. */
#ifndef MOTE_DOT_SWAR_H
#define MOTE_DOT_SWAR_H

#include <stdint.h>

#include "mote_dsp.h"

/* Of two pixels and one channel. */
typedef struct {
    uint32_t all; /* less 2^15 for each block */
    int32_t high;
} mote_swar_sums;

/* The assembly knows the order of the fields. A call moves w and sums on to where it stopped. */
typedef struct {
    const uint32_t *x, *x_end; /* words of the taps: one or, for four pixels, two each */
    mote_swar_sums *sums;      /* [channels][words of a tap] */
    uint32_t channels;         /* at least 1 */
    const int8_t *w;           /* [channels][taps], 4-byte aligned; taps: a positive multiple of 4 */
    uint32_t shorts;           /* bit i: the blocks of channel i have two taps, not four */
    uint32_t is_odd;           /* 1 when taps is an odd multiple of 4, else 0 */
    uint32_t all[2];           /* what all starts with: -2^15 for each block, with four taps and with two */
} mote_swar_job;

#if defined(__ARM_ARCH_6M__)

/* Registers: r0 and r4 words of x, r1 four weights, r2 one weight, r3 w, r5 x, r6 and r7 sums of a block,
 * r8-r11 all and high of both words, r12 2^15, lr x_end. The stack holds the job. */
#define MOTE_SWAR_WEIGHT_0 "sxtb r2, r1\n\t"
#define MOTE_SWAR_WEIGHT_1 "sxth r2, r1\n\tasrs r2, r2, #8\n\t"
#define MOTE_SWAR_WEIGHT_2 "asrs r2, r1, #16\n\tsxtb r2, r2\n\t"
#define MOTE_SWAR_WEIGHT_3 "asrs r2, r1, #24\n\t"

#define MOTE_SWAR_FIRST_4(weight) weight "ldm r5!, {r6, r7}\n\tmuls r6, r2\n\tmuls r7, r2\n\t"
#define MOTE_SWAR_NEXT_4(weight)                                                                     \
    weight "ldm r5!, {r0, r4}\n\tmuls r0, r2\n\tmuls r4, r2\n\tadds r6, r6, r0\n\tadds r7, r7, r4\n\t"
#define MOTE_SWAR_FLUSH_4                                                                            \
    "add r6, r12\n\tadd r8, r6\n\tasrs r6, r6, #16\n\tadd r9, r6\n\t"                                \
    "add r7, r12\n\tadd r10, r7\n\tasrs r7, r7, #16\n\tadd r11, r7\n\t"
#define MOTE_SWAR_STORE_4                                                                            \
    "mov r4, r8\n\tmov r5, r9\n\tmov r6, r10\n\tmov r7, r11\n\tstm r1!, {r4-r7}\n\t"

#define MOTE_SWAR_FIRST_2(weight) weight "ldm r5!, {r6}\n\tmuls r6, r2\n\t"
#define MOTE_SWAR_NEXT_2(weight) weight "ldm r5!, {r0}\n\tmuls r0, r2\n\tadds r6, r6, r0\n\t"
#define MOTE_SWAR_FLUSH_2 "add r6, r12\n\tadd r8, r6\n\tasrs r6, r6, #16\n\tadd r9, r6\n\t"
#define MOTE_SWAR_STORE_2 "mov r4, r8\n\tmov r5, r9\n\tstm r1!, {r4, r5}\n\t"

/* long_four, short_four: four taps in one block, in two; prepare: starts the sums with r1. Two fours a turn, of
 * which an odd number enters at the second. */
#define MOTE_DOT_SWAR(name, long_four, short_four, prepare, store)                                   \
    __attribute__((naked, noinline, unused)) static void name(                                       \
        __attribute__((unused)) mote_swar_job *job)                                                  \
    {                                                                                                \
        __asm volatile(".syntax unified\n\t"                                                         \
                       "push {r4-r7, lr}\n\t"                                                        \
                       "mov r4, r8\n\t"                                                              \
                       "mov r5, r9\n\t"                                                              \
                       "mov r6, r10\n\t"                                                             \
                       "mov r7, r11\n\t"                                                             \
                       "push {r0, r4-r7}\n\t"                                                        \
                       "ldr r3, [r0, #16]\n\t"                                                       \
                       "ldr r1, [r0, #4]\n\t"                                                        \
                       "mov lr, r1\n\t"                                                              \
                       "movs r1, #128\n\t"                                                           \
                       "lsls r1, r1, #8\n\t"                                                         \
                       "mov r12, r1\n\t"                                                             \
                       "1: ldr r5, [r0]\n\t"                                                         \
                       "movs r1, #0\n\t"                                                             \
                       "mov r9, r1\n\t"                                                              \
                       "mov r11, r1\n\t"                                                             \
                       "ldr r1, [r0, #20]\n\t"                                                       \
                       "lsrs r1, r1, #1\n\t" /* the carry tells */                                   \
                       "str r1, [r0, #20]\n\t"                                                       \
                       "ldr r2, [r0, #24]\n\t"                                                       \
                       "tst r2, r2\n\t" /* leaves the carry */                                       \
                       "bcs 4f\n\t"                                                                  \
                       "ldr r1, [r0, #28]\n\t" prepare                                               \
                       "bne 3f\n\t"                                                                  \
                       "2: " long_four                                                               \
                       "3: " long_four                                                               \
                       "cmp r5, lr\n\t"                                                              \
                       "bne 2b\n\t"                                                                  \
                       "b 7f\n\t"                                                                    \
                       "4: ldr r1, [r0, #32]\n\t" prepare                                            \
                       "bne 6f\n\t"                                                                  \
                       "5: " short_four                                                              \
                       "6: " short_four                                                              \
                       "cmp r5, lr\n\t"                                                              \
                       "bne 5b\n\t"                                                                  \
                       "7: ldr r0, [sp]\n\t"                                                         \
                       "ldr r1, [r0, #8]\n\t" store                                                  \
                       "str r1, [r0, #8]\n\t"                                                        \
                       "ldr r1, [r0, #12]\n\t"                                                       \
                       "subs r1, r1, #1\n\t"                                                         \
                       "str r1, [r0, #12]\n\t"                                                       \
                       "beq 8f\n\t"                                                                  \
                       "b 1b\n\t"                                                                    \
                       "8: str r3, [r0, #16]\n\t"                                                    \
                       "pop {r0, r4-r7}\n\t"                                                         \
                       "mov r8, r4\n\t"                                                              \
                       "mov r9, r5\n\t"                                                              \
                       "mov r10, r6\n\t"                                                             \
                       "mov r11, r7\n\t"                                                             \
                       "pop {r4-r7, pc}\n\t");                                                       \
    }

#define MOTE_SWAR_LONG(first, next, flush)                                                           \
    "ldm r3!, {r1}\n\t" first(MOTE_SWAR_WEIGHT_0) next(MOTE_SWAR_WEIGHT_1) next(MOTE_SWAR_WEIGHT_2)  \
        next(MOTE_SWAR_WEIGHT_3) flush
#define MOTE_SWAR_SHORT(first, next, flush)                                                          \
    "ldm r3!, {r1}\n\t" first(MOTE_SWAR_WEIGHT_0) next(MOTE_SWAR_WEIGHT_1) flush                     \
        first(MOTE_SWAR_WEIGHT_2) next(MOTE_SWAR_WEIGHT_3) flush

/* Four or two pixels. */
MOTE_DOT_SWAR(mote_dot_swar_4, MOTE_SWAR_LONG(MOTE_SWAR_FIRST_4, MOTE_SWAR_NEXT_4, MOTE_SWAR_FLUSH_4),
              MOTE_SWAR_SHORT(MOTE_SWAR_FIRST_4, MOTE_SWAR_NEXT_4, MOTE_SWAR_FLUSH_4),
              "mov r8, r1\n\tmov r10, r1\n\t", MOTE_SWAR_STORE_4)
MOTE_DOT_SWAR(mote_dot_swar_2, MOTE_SWAR_LONG(MOTE_SWAR_FIRST_2, MOTE_SWAR_NEXT_2, MOTE_SWAR_FLUSH_2),
              MOTE_SWAR_SHORT(MOTE_SWAR_FIRST_2, MOTE_SWAR_NEXT_2, MOTE_SWAR_FLUSH_2), "mov r8, r1\n\t",
              MOTE_SWAR_STORE_2)

/* words: of a tap. */
static inline void mote_dot_swar(mote_swar_job *job, uint32_t words)
{
    if (words == 2)
        mote_dot_swar_4(job);
    else
        mote_dot_swar_2(job);
}

#else

static inline void mote_dot_swar(mote_swar_job *job, uint32_t words)
{
    const uint32_t taps = (uint32_t)(job->x_end - job->x) / words;
    for (; job->channels > 0; job->channels--, job->w += taps, job->shorts >>= 1)
        for (uint32_t word = 0; word < words; word++, job->sums++) {
            const uint32_t *x = job->x + word, is_short = job->shorts & 1, block = is_short ? 2 : 4;
            mote_swar_sums sums = {job->all[is_short], 0};
            for (uint32_t tap = 0; tap < taps; tap += block) {
                uint32_t sum = 1u << 15;
                for (uint32_t i = 0; i < block; i++, x += words) {
                    const int32_t w = job->w[tap + i];
                    sum += *x * (uint32_t)w;
                }
                sums.all += sum;
                sums.high += (int32_t)sum >> 16;
            }
            *job->sums = sums;
        }
}

#endif

#endif
