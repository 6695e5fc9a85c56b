/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the Winograd convolutions that transform one tile at a time: at each position, its input
 * channels times 4 output channels.
 *
 * sums[p][c] = sum_k x[p][k] * weights[p][k][c], modulo 2^32
 *
 * for p < positions, k < channels (two to a word) and c < 4. weights: [positions][2 * fours][4 channels] words of
 * two int16; x: [positions][2 * fours] words of two int16; sums: [positions][4]. Words are 4-byte aligned. No sum
 * has to fit: whoever reads them knows what they are modulo 2^32. */
#ifndef MOTE_WINOGRAD_MULTIPLY_ONE_H
#define MOTE_WINOGRAD_MULTIPLY_ONE_H

#include "mote_dsp.h"
#include "mote_winograd_job.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0-r3 sums of the channels; r8 weights, r9 x; r4-r7, r10-r12 words of them; lr end of the position. A
 * group of 4 channels reads its second words first, so that its last loads can move the pointers on. */
#define MOTE_WINOGRAD_ONE_ADD(sum, x, w) "smlad " sum ", " x ", " w ", " sum "\n\t"
#define MOTE_WINOGRAD_ONE_SET(sum, x, w) "smuad " sum ", " x ", " w "\n\t"
#define MOTE_WINOGRAD_ONE_FOUR(first)                                                                \
    "ldr.w r4, [r9, #4]\n\t"                                                                         \
    "ldr.w r5, [r8, #16]\n\t"                                                                        \
    "ldr.w r6, [r8, #20]\n\t"                                                                        \
    "ldr.w r7, [r8, #24]\n\t"                                                                        \
    "ldr.w r10, [r8, #28]\n\t"                                                                       \
    "ldr.w r11, [r8, #4]\n\t"                                                                        \
    "ldr.w r12, [r9], #8\n\t" first("r0", "r4", "r5") first("r1", "r4", "r6") first("r2", "r4", "r7")  \
        first("r3", "r4", "r10") MOTE_WINOGRAD_ONE_ADD("r1", "r12", "r11")                           \
    "ldr.w r6, [r8, #8]\n\t"                                                                         \
    "ldr.w r7, [r8, #12]\n\t"                                                                        \
    "ldr.w r5, [r8], #32\n\t" MOTE_WINOGRAD_ONE_ADD("r2", "r12", "r6")                               \
        MOTE_WINOGRAD_ONE_ADD("r3", "r12", "r7") MOTE_WINOGRAD_ONE_ADD("r0", "r12", "r5")

__attribute__((naked, noinline, unused)) static void
mote_winograd_multiply(__attribute__((unused)) const mote_winograd_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r8, r10}\n\t"
        "ldrd r9, r11, [r0, #8]\n\t"
        "ldrd r12, lr, [r0, #16]\n\t"
        /* A group is 18 instructions of 4 bytes, and 32 bytes of weights. */
        "lsl r12, r12, #5\n\t"
        "adr.w r0, 2f\n\t"
        "mov r1, #72\n\t"
        "mla lr, lr, r1, r0\n\t"
        "orr lr, lr, #1\n\t"
        /* Stack: sums, end of the weights, bytes of a position, where the first round starts. */
        "sub sp, sp, #16\n\t"
        "strd r11, r10, [sp]\n\t"
        "strd r12, lr, [sp, #8]\n\t"
        "add lr, r8, r12\n\t"
        ".balign 4\n\t"
        "1:\n\t" MOTE_WINOGRAD_ONE_FOUR(MOTE_WINOGRAD_ONE_SET)
        "ldr pc, [sp, #12]\n\t"
        ".balign 4\n\t"
        "2:\n\t" MOTE_WINOGRAD_REPEAT(MOTE_WINOGRAD_ONE_FOUR(MOTE_WINOGRAD_ONE_ADD))
        "cmp r8, lr\n\t"
        "bne 2b\n\t"
        "ldr r4, [sp]\n\t"
        "ldr r5, [sp, #4]\n\t"
        "ldr r6, [sp, #8]\n\t"
        "stm r4!, {r0-r3}\n\t"
        "str r4, [sp]\n\t"
        "cmp lr, r5\n\t"
        "add lr, lr, r6\n\t"
        "bne 1b\n\t"
        "add sp, sp, #16\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

static inline void mote_winograd_multiply(const mote_winograd_job *job)
{
    const uint32_t *x = job->x;
    uint32_t *sums = job->sums;
    for (const int16_t *w = job->weights; w != job->weights_end; sums += 4) {
        for (uint32_t i = 0; i < 4; i++)
            sums[i] = 0;
        for (uint32_t word = 0; word < 2 * job->fours; word++, x++, w += 8)
            for (uint32_t i = 0; i < 4; i++)
                sums[i] = (uint32_t)mote_smlad(*x, mote_read32(w + 2 * i), (int32_t)sums[i]);
    }
}

#endif

#endif
