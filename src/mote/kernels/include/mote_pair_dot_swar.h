/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the fully connected layer with two products in a multiplication: two outputs at a time.
 *
 * Of four taps a word of inputs is x2 + x0 * 2^16, another x3 + x1 * 2^16; words of weights are w0 + w2 * 2^16 and
 * w1 + w3 * 2^16. The product of an input's and a weight's word is, modulo 2^32, D * 2^16 + J, with two of the
 * products that count in D and one of no use in J: w0 * x0 + w2 * x2 and w0 * x2. As the sums of D and of J over a
 * block fit an int16, proven for every block at compile time, D is the upper half of the word once 2^15 is added. */
#ifndef MOTE_PAIR_DOT_SWAR_H
#define MOTE_PAIR_DOT_SWAR_H

#include <stdint.h>

#include "mote_dsp.h"

#define MOTE_PAIR_DOT_TAPS 8u /* a multiple of which the taps are */

/* The assembly knows the order of the fields. A call moves w on to the next two outputs. */
typedef struct {
    const uint32_t *x, *x_end; /* two words for four taps */
    const uint32_t *w;         /* of four taps a word for each of the two outputs: 128 + each weight, bytewise */
    int32_t sums[2];
} mote_pair_dot_job;

#define MOTE_PAIR_DOT_MASK 0x00ff00ffu
#define MOTE_PAIR_DOT_BIAS 0x00800080u /* 128 in both lanes */

#if defined(__ARM_ARCH_6M__)

/* Registers: r0 and r1 inputs, r2 weights 1 and 3, r3 weights 0 and 2, r4 mask, r5 sum of a block, r6 x, r7 w, r8
 * the other output's sum of a block, r9 and r10 sums, r11 -MOTE_PAIR_DOT_BIAS, r12 2^15, lr x_end. */
#define MOTE_PAIR_DOT_WEIGHTS                                                                        \
    "ldm r7!, {r2}\n\tmovs r3, r2\n\tands r3, r4\n\tadd r3, r11\n\tmuls r3, r0\n\t"                  \
    "bics r2, r4\n\tlsrs r2, r2, #8\n\tadd r2, r11\n\tmuls r2, r1\n\t"
#define MOTE_PAIR_DOT_INPUTS "ldm r6!, {r0, r1}\n\t"
#define MOTE_PAIR_DOT_UPPER(word, sum) "add " word ", r12\n\tasrs " word ", " word ", #16\n\tadd " sum ", " word "\n\t"

#define MOTE_PAIR_DOT_FIRST                                                                          \
    MOTE_PAIR_DOT_INPUTS MOTE_PAIR_DOT_WEIGHTS "adds r5, r2, r3\n\t"                                 \
    MOTE_PAIR_DOT_WEIGHTS "mov r8, r2\n\tadd r8, r3\n\t"
#define MOTE_PAIR_DOT_LAST                                                                           \
    MOTE_PAIR_DOT_INPUTS MOTE_PAIR_DOT_WEIGHTS "adds r5, r5, r2\n\tadds r5, r5, r3\n\t"              \
    MOTE_PAIR_DOT_UPPER("r5", "r9") MOTE_PAIR_DOT_WEIGHTS "add r2, r3\n\tadd r2, r8\n\t"             \
    MOTE_PAIR_DOT_UPPER("r2", "r10")
#define MOTE_PAIR_DOT_SINGLE                                                                         \
    MOTE_PAIR_DOT_INPUTS                                                                             \
    MOTE_PAIR_DOT_WEIGHTS MOTE_PAIR_DOT_UPPER("r2", "r9") MOTE_PAIR_DOT_UPPER("r3", "r9")            \
    MOTE_PAIR_DOT_WEIGHTS MOTE_PAIR_DOT_UPPER("r2", "r10") MOTE_PAIR_DOT_UPPER("r3", "r10")

#define MOTE_PAIR_DOT(name, eight)                                                                   \
    __attribute__((naked, noinline, unused)) static void name(                                       \
        __attribute__((unused)) mote_pair_dot_job *job)                                              \
    {                                                                                                \
        __asm volatile(".syntax unified\n\t"                                                         \
                       "push {r4-r7, lr}\n\t"                                                        \
                       "mov r4, r8\n\t"                                                              \
                       "mov r5, r9\n\t"                                                              \
                       "mov r6, r10\n\t"                                                             \
                       "mov r7, r11\n\t"                                                             \
                       "push {r0, r4-r7}\n\t"                                                        \
                       "ldr r6, [r0, #0]\n\t"                                                        \
                       "ldr r1, [r0, #4]\n\t"                                                        \
                       "mov lr, r1\n\t"                                                              \
                       "ldr r7, [r0, #8]\n\t"                                                        \
                       "movs r1, #128\n\t"                                                           \
                       "lsls r2, r1, #16\n\t"                                                        \
                       "orrs r2, r1\n\t" /* MOTE_PAIR_DOT_BIAS */                                    \
                       "lsls r4, r2, #1\n\t"                                                         \
                       "movs r3, #1\n\t"                                                             \
                       "lsls r0, r3, #16\n\t"                                                        \
                       "orrs r3, r0\n\t"                                                             \
                       "subs r4, r4, r3\n\t" /* the mask: twice that, less 1 in both lanes */        \
                       "rsbs r2, r2, #0\n\t"                                                         \
                       "mov r11, r2\n\t"                                                             \
                       "lsls r1, r1, #8\n\t"                                                         \
                       "mov r12, r1\n\t"                                                             \
                       "movs r1, #0\n\t"                                                             \
                       "mov r9, r1\n\t"                                                              \
                       "mov r10, r1\n\t"                                                             \
                       "1: " eight                                                                   \
                       "cmp r6, lr\n\t"                                                              \
                       "bne 1b\n\t"                                                                  \
                       "pop {r0, r4-r6}\n\t"                                                         \
                       "mov r1, r9\n\t"                                                              \
                       "mov r2, r10\n\t"                                                             \
                       "str r7, [r0, #8]\n\t"                                                        \
                       "str r1, [r0, #12]\n\t"                                                       \
                       "str r2, [r0, #16]\n\t"                                                       \
                       "pop {r7}\n\t"                                                                \
                       "mov r8, r4\n\t"                                                              \
                       "mov r9, r5\n\t"                                                              \
                       "mov r10, r6\n\t"                                                             \
                       "mov r11, r7\n\t"                                                             \
                       "pop {r4-r7, pc}\n\t");                                                       \
    }

MOTE_PAIR_DOT(mote_pair_dot_by_8, MOTE_PAIR_DOT_FIRST MOTE_PAIR_DOT_LAST)
MOTE_PAIR_DOT(mote_pair_dot_by_2, MOTE_PAIR_DOT_SINGLE MOTE_PAIR_DOT_SINGLE)

/* is_long: 1 when a block has eight taps, 0 when it has two. */
static inline void mote_pair_dot(mote_pair_dot_job *job, uint32_t is_long)
{
    if (is_long)
        mote_pair_dot_by_8(job);
    else
        mote_pair_dot_by_2(job);
}

#else

static inline void mote_pair_dot(mote_pair_dot_job *job, uint32_t is_long)
{
    job->sums[0] = job->sums[1] = 0;
    for (const uint32_t *x = job->x; x != job->x_end;) {
        uint32_t block[2] = {0, 0};
        for (uint32_t four = 0; four < 2; four++, x += 2)
            for (uint32_t output = 0; output < 2; output++) {
                const uint32_t word = *job->w++;
                const uint32_t even = ((word & MOTE_PAIR_DOT_MASK) - MOTE_PAIR_DOT_BIAS) * x[0];
                const uint32_t odd = ((word >> 8 & MOTE_PAIR_DOT_MASK) - MOTE_PAIR_DOT_BIAS) * x[1];
                block[output] += even + odd;
                if (!is_long)
                    job->sums[output] += ((int32_t)(even + 0x8000u) >> 16) + ((int32_t)(odd + 0x8000u) >> 16);
            }
        for (uint32_t output = 0; is_long && output < 2; output++)
            job->sums[output] += (int32_t)(block[output] + 0x8000u) >> 16;
    }
}

#endif

#endif
