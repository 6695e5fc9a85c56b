/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the chained convolutions that sum taps in pieces and requantise by lines: windows as in
 * mote_chain.h, pieces as in mote_chain_split.h, lines as in mote_chain_affine.h. The slots of a piece are
 *     first word:  x0.A + a,  x1.A + x0.B + a + b,  x1.B + b
 *     second word: x1.A + a,  x2.A + x1.B + a + b,  x2.B + b
 * where a and b are what a piece starts at, whose sums over all pieces are bias and offset of the line.
 *
 * The weights stand there as mote_chain_split.h says; but behind the pieces of four channels ten words as in
 * mote_line_job.
 *
 * Exact: in the end of each piece the first two slots are in [0, 2^21[, the third in [-2^21, 2^21[, as
 * lower/chain_split_affine.py proves, and that the lines round every sum as the layer does. */
#ifndef MOTE_CHAIN_SPLIT_AFFINE_H
#define MOTE_CHAIN_SPLIT_AFFINE_H

#ifndef MOTE_SPLIT
#define MOTE_SPLIT 1
#endif
#include "mote_chain.h"
#include "mote_chain_affine.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* As MOTE_LINE_SUMS; unless the flags say that it is the only piece, with the sums from sums on; t, u, v free. */
#define MOTE_CHAIN_LINE_SUMS(l1, h1, l2, h2, sums, t, u, v)                                          \
    "ubfx r10, " l1 ", #0, #21\n\t"                                                                  \
    "lsr r11, " l1 ", #21\n\t"                                                                       \
    "bfi r11, " h1 ", #11, #10\n\t"                                                                  \
    "asr " h1 ", " h1 ", #10\n\t"                                                                    \
    "ubfx " l1 ", " l2 ", #0, #21\n\t"                                                               \
    "lsr r12, " l2 ", #21\n\t"                                                                       \
    "bfi r12, " h2 ", #11, #10\n\t"                                                                  \
    "asr " h2 ", " h2 ", #10\n\t"                                                                    \
    "beq 8f\n\t"                                                                                     \
    "ldr " t ", [sp, " sums "]\n\t"                                                                  \
    "ldr " u ", [sp, " sums " + 4]\n\t"                                                              \
    "ldr " v ", [sp, " sums " + 8]\n\t"                                                              \
    "add r10, r10, " t "\n\t"                                                                        \
    "add r11, r11, " u "\n\t"                                                                        \
    "add " h1 ", " h1 ", " v "\n\t"                                                                  \
    "ldr " t ", [sp, " sums " + 12]\n\t"                                                             \
    "ldr " u ", [sp, " sums " + 16]\n\t"                                                             \
    "ldr " v ", [sp, " sums " + 20]\n\t"                                                             \
    "add " l1 ", " l1 ", " t "\n\t"                                                                  \
    "add r12, r12, " u "\n\t"                                                                        \
    "add " h2 ", " h2 ", " v "\n\t"                                                                  \
    "8: sub r11, r11, " l1 "\n\t"                                                                    \
    "sub r12, r12, " h1 "\n\t"

/* To pixel 0 at y; lr from there to pixel 1. */
#define MOTE_CHAIN_LINE_STORE(a, b, c, y)                                                            \
    "strb " a ", [" y "]\n\t"                                                                        \
    "strb " b ", [" y ", lr]\n\t"                                                                    \
    "ldr " b ", [sp, #20]\n\t"                                                                       \
    "strb " c ", [" y ", " b "]\n\t"

/* Registers as in mote_chain.h, the stack as in mote_chain_split.h. */
__attribute__((naked, noinline, unused)) static void
mote_chain_split_affine(__attribute__((unused)) const mote_chain_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldr r10, [r0, #36]\n\t"
        "ldm r0, {r1-r9}\n\t"
        "add r11, r1, r10\n\t"
        "sub sp, sp, #48\n\t"
        "push {r10, r11}\n\t"
        "push {r1-r8}\n\t"
        "1: ldr r8, [sp]\n\t"
        "ldr r12, [sp, #36]\n\t"
        /* A piece, which ends at r12. Sixteen taps a round, of which the first one may leave out some. */
        ".balign 4\n\t"
        "4: str r12, [sp, #4]\n\t"
        "ldr r10, [sp, #20]\n\t"
        "sub r12, r8, r12\n\t"
        "ldm r9!, {r0, r1, r4, r5}\n\t"
        "cmp r10, #0\n\t"
        "beq 9f\n\t"
        "and r12, r12, #127\n\t"
        "mov r2, r0\n\t"
        "mov r3, r1\n\t"
        "mov r6, r4\n\t"
        "mov r7, r5\n\t"
        "lsl r12, r12, #2\n\t"
        ".balign 4\n\t"
        "add pc, r12\n\t"
        "nop\n\t"
        "2:\n\t" MOTE_LINE_4_TAPS MOTE_LINE_4_TAPS MOTE_LINE_4_TAPS MOTE_LINE_4_TAPS
        "ldr r12, [sp, #4]\n\t"
        "cmp r8, r12\n\t"
        "bne 2b\n\t"
        "11: ldr r11, [sp, #8]\n\t"
        "ldr r10, [sp, #36]\n\t"
        "cmp r8, r11\n\t"
        "beq 7f\n\t"
        "cmp r8, r10\n\t"
        "add r12, sp, #40\n\t"
        "bne 5f\n\t"
        MOTE_CHAIN_FIRST("r0", "r1") MOTE_CHAIN_FIRST("r2", "r3")
        MOTE_CHAIN_FIRST("r4", "r5") MOTE_CHAIN_FIRST("r6", "r7")
        "b 6f\n\t"
        "5:\n\t"
        MOTE_CHAIN_ADD("r0", "r1") MOTE_CHAIN_ADD("r2", "r3")
        MOTE_CHAIN_ADD("r4", "r5") MOTE_CHAIN_ADD("r6", "r7")
        "6: ldr r10, [sp, #8]\n\t"
        "ldr r12, [sp, #32]\n\t"
        "add r12, r12, r8\n\t"
        "cmp r12, r10\n\t"
        "it hi\n\t"
        "movhi r12, r10\n\t"
        "b 4b\n\t"
        ".balign 4\n\t"
        "7: cmp r8, r10\n\t"
        MOTE_CHAIN_LINE_SUMS("r0", "r1", "r2", "r3", "#40", "r2", "r8", "lr")
        "ldr r2, [r9], #40\n\t"
        "ldr r8, [r9, #-36]\n\t"
        MOTE_LINE_RESULTS("r10", "r0", "r12", "r2", "r8")
        /* r2 and r8 channels A and B of pixel 0. */
        "ldr r2, [sp, #12]\n\t"
        "ldr r8, [r9, #-32]\n\t"
        "ldr lr, [sp, #16]\n\t"
        "uxtah r2, r2, r8\n\t"
        "sxtah r8, r2, r8, ror #16\n\t"
        MOTE_CHAIN_LINE_STORE("r10", "r0", "r12", "r2")
        "ldr r0, [r9, #-28]\n\t"
        "ldr r2, [r9, #-24]\n\t"
        MOTE_LINE_RESULTS("r11", "r1", "r3", "r0", "r2")
        MOTE_CHAIN_LINE_STORE("r11", "r1", "r3", "r8")
        MOTE_CHAIN_LINE_SUMS("r4", "r5", "r6", "r7", "#64", "r0", "r1", "r2")
        "ldr r0, [r9, #-20]\n\t"
        "ldr r1, [r9, #-16]\n\t"
        "ldr r2, [r9, #-12]\n\t"
        "ldr r3, [r9, #-8]\n\t"
        MOTE_LINE_RESULTS("r10", "r4", "r12", "r0", "r1")
        "sxtah r8, r8, r2\n\t"
        MOTE_CHAIN_LINE_STORE("r10", "r4", "r12", "r8")
        "ldr r0, [r9, #-4]\n\t"
        "sxtah r8, r8, r2, ror #16\n\t"
        MOTE_LINE_RESULTS("r11", "r5", "r7", "r3", "r0")
        MOTE_CHAIN_LINE_STORE("r11", "r5", "r7", "r8")
        "ldr r12, [sp, #28]\n\t"
        "cmp r9, r12\n\t"
        "bne 1b\n\t"
        "add sp, sp, " MOTE_CHAIN_STACK "\n\t"
        "pop {r4-r11, pc}\n\t"
        MOTE_CHAIN_ONE);
}

#else

/* The results of three pixels at y. */
static inline void mote_chain_line_results(const mote_chain_job *job, int8_t *y, const int32_t *line, int32_t sum_0,
                                           int32_t sum_1, int32_t sum_2)
{
    const int32_t sums[3] = {sum_0, sum_1, sum_2};
    const uint32_t at[3] = {0, job->y_1, job->y_2};
    for (int i = 0; i < 3; i++)
        y[at[i]] = (int8_t)mote_ssat8(mote_smmla(sums[i], line[0], line[1]) >> MOTE_LINE_SHIFT);
}

static inline void mote_chain_split_affine(const mote_chain_job *job)
{
    for (const int32_t *w = job->weights; w != job->weights_end;) {
        int32_t slots[2][2][3] = {{{0}}};
        int8_t *y = job->y;
        w = mote_chain_slots(job, w, slots);
        for (int pair = 0; pair < 2; pair++, w += 5) {
            const int32_t *first = slots[pair][0], *second = slots[pair][1];
            y += pair ? (int16_t)(uint16_t)(w[2] & 0xffff) : w[2] & 0xffff;
            mote_chain_line_results(job, y, w, first[0], second[0], second[1] - first[2]);
            y += w[2] >> 16;
            mote_chain_line_results(job, y, w + 3, first[1] - second[0], first[2], second[2]);
        }
    }
}

#endif

#endif
