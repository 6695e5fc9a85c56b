/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the Winograd convolutions: at each position of transformed tiles, the input channels of
 * 2 tiles times 4 output channels.
 *
 * sums[p][c][t] = sum_k x[p][k][t] * weights[p][k][c], modulo 2^32
 *
 * for p < positions, k < channels (two to a word), c < 4 and t < 2. weights: [positions][2 * fours][4 channels]
 * words of two int16; x: [positions][2 * fours][2 tiles] words of two int16; sums: [positions][4][2]. Words
 * are 4-byte aligned. No sum has to fit: whoever reads them knows what they are modulo 2^32. */
#ifndef MOTE_WINOGRAD_MULTIPLY_H
#define MOTE_WINOGRAD_MULTIPLY_H

#include "mote_dsp.h"
#include "mote_winograd_job.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0-r7 sums of channel 0..3, two tiles each; r8 weights, r9 x; r10-r12, lr words of them.
 * A group of 4 channels reads its second words first, so that its last loads can move the pointers on. */
#define MOTE_WINOGRAD_TILES(op, a, b, end_a, end_b, c, d, end_c, end_d)                              \
    op " " a ", r10, r12" end_a "\n\t" op " " b ", r10, lr" end_b "\n\t" op " " c                    \
       ", r11, r12" end_c "\n\t" op " " d ", r11, lr" end_d "\n\t"
#define MOTE_WINOGRAD_ADD(a, b, c, d)                                                                \
    MOTE_WINOGRAD_TILES("smlad", a, b, ", " a, ", " b, c, d, ", " c, ", " d)
#define MOTE_WINOGRAD_SET(a, b, c, d) MOTE_WINOGRAD_TILES("smuad", a, b, "", "", c, d, "", "")
#define MOTE_WINOGRAD_FOUR(first)                                                                    \
    "ldr.w r10, [r8, #16]\n\t"                                                                       \
    "ldr.w r11, [r8, #20]\n\t"                                                                       \
    "ldr.w r12, [r9, #8]\n\t"                                                                        \
    "ldr.w lr, [r9, #12]\n\t" first("r0", "r1", "r2", "r3")                                          \
    "ldr.w r10, [r8, #24]\n\t"                                                                       \
    "ldr.w r11, [r8, #28]\n\t" first("r4", "r5", "r6", "r7")                                         \
    "ldr.w r10, [r8, #4]\n\t"                                                                        \
    "ldr.w r11, [r8, #8]\n\t"                                                                        \
    "ldr.w lr, [r9, #4]\n\t"                                                                         \
    "ldr.w r12, [r9], #16\n\t" MOTE_WINOGRAD_ADD("r2", "r3", "r4", "r5")                             \
    "ldr.w r10, [r8, #12]\n\t"                                                                       \
    "ldr.w r11, [r8], #32\n\t" MOTE_WINOGRAD_ADD("r6", "r7", "r0", "r1")

__attribute__((naked, noinline, unused)) static void
mote_winograd_multiply(__attribute__((unused)) const mote_winograd_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r8, r10}\n\t"
        "ldrd r9, r11, [r0, #8]\n\t"
        "ldrd r12, lr, [r0, #16]\n\t"
        /* A group is 28 instructions of 4 bytes, and 32 bytes of weights. */
        "lsl r12, r12, #5\n\t"
        "adr.w r0, 2f\n\t"
        "mov r1, #112\n\t"
        "mla lr, lr, r1, r0\n\t"
        "orr lr, lr, #1\n\t"
        /* Stack: sums, end of the weights, bytes of a position, where the first round starts, end of the position. */
        "sub sp, sp, #20\n\t"
        "str r11, [sp]\n\t"
        "str r10, [sp, #4]\n\t"
        "str r12, [sp, #8]\n\t"
        "str lr, [sp, #12]\n\t"
        ".balign 4\n\t"
        "1: add.w r10, r8, r12\n\t"
        "str r10, [sp, #16]\n\t" MOTE_WINOGRAD_FOUR(MOTE_WINOGRAD_SET)
        "ldr pc, [sp, #12]\n\t"
        ".balign 4\n\t"
        "2:\n\t" MOTE_WINOGRAD_REPEAT(MOTE_WINOGRAD_FOUR(MOTE_WINOGRAD_ADD))
        "ldr r10, [sp, #16]\n\t"
        "cmp r8, r10\n\t"
        "bne 2b\n\t"
        "ldr r11, [sp]\n\t"
        "stm r11!, {r0-r7}\n\t"
        "str r11, [sp]\n\t"
        "ldr r11, [sp, #4]\n\t"
        "ldr r12, [sp, #8]\n\t"
        "cmp r10, r11\n\t"
        "bne 1b\n\t"
        "add sp, sp, #20\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

static inline void mote_winograd_multiply(const mote_winograd_job *job)
{
    const uint32_t *x = job->x;
    uint32_t *sums = job->sums;
    for (const int16_t *w = job->weights; w != job->weights_end; sums += 8) {
        for (uint32_t i = 0; i < 8; i++)
            sums[i] = 0;
        for (uint32_t word = 0; word < 2 * job->fours; word++, x += 2, w += 8)
            for (uint32_t i = 0; i < 8; i++)
                sums[i] = (uint32_t)mote_smlad(x[i & 1], mote_read32(w + (i & ~1u)), (int32_t)sums[i]);
    }
}

#endif

#endif
