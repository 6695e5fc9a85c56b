/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the Winograd convolutions that transform one tile at a time: at each position, its input
 * channels times 4 output channels, those of two pairs.
 *
 * sums[p][c] = sum_k x[p][k] * weights[c / 2][p][k][c % 2], modulo 2^32
 *
 * for p < positions, k < channels (two to a word) and c < 4. x: [positions][2 * fours] words of two int16;
 * weights: of a pair [positions][2 * fours][2 channels] words of two int16, those of the second pair job->second
 * bytes behind the first; with MOTE_QUADS [positions][2 * fours][4 channels], and job->second is 8. sums:
 * [positions][4]. Words are 4-byte aligned. No sum has to fit: whoever reads them
 * knows what they are modulo 2^32. */
#ifndef MOTE_WINOGRAD_MULTIPLY_ONE_H
#define MOTE_WINOGRAD_MULTIPLY_ONE_H

#include "mote_dsp.h"
#include "mote_winograd_job.h"

/* Words from a word's channels to the next word's. */
#ifdef MOTE_QUADS
#define MOTE_WINOGRAD_CHANNELS 4
#define MOTE_WINOGRAD_CHANNELS_TEXT "4"
#else
#define MOTE_WINOGRAD_CHANNELS 2
#define MOTE_WINOGRAD_CHANNELS_TEXT "2"
#endif

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0-r3 sums of the channels; r8 x, r9 and r12 weights of both pairs; r4-r7, r10, r11 words of them;
 * lr end of the position. A group of 4 channels reads its second words first, so that its last loads can move
 * the pointers on. */
#define MOTE_WINOGRAD_ONE_ADD(sum, x, w) "smlad " sum ", " x ", " w ", " sum "\n\t"
#define MOTE_WINOGRAD_ONE_SET(sum, x, w) "smuad " sum ", " x ", " w "\n\t"
#define MOTE_WINOGRAD_ONE_FOUR(first)                                                                \
    "ldr.w r4, [r8, #4]\n\t"                                                                         \
    "ldr.w r5, [r9, #4 * " MOTE_WINOGRAD_CHANNELS_TEXT "]\n\t"                                       \
    "ldr.w r6, [r9, #4 + 4 * " MOTE_WINOGRAD_CHANNELS_TEXT "]\n\t"                                   \
    "ldr.w r7, [r12, #4 * " MOTE_WINOGRAD_CHANNELS_TEXT "]\n\t"                                      \
    "ldr.w r10, [r12, #4 + 4 * " MOTE_WINOGRAD_CHANNELS_TEXT "]\n\t"                                 \
    "ldr.w r11, [r8], #8\n\t" first("r0", "r4", "r5") first("r1", "r4", "r6") first("r2", "r4", "r7") \
        first("r3", "r4", "r10")                                                                     \
    "ldr.w r6, [r9, #4]\n\t"                                                                         \
    "ldr.w r10, [r12, #4]\n\t"                                                                       \
    "ldr.w r5, [r9], #8 * " MOTE_WINOGRAD_CHANNELS_TEXT "\n\t"                                       \
    "ldr.w r7, [r12], #8 * " MOTE_WINOGRAD_CHANNELS_TEXT "\n\t" MOTE_WINOGRAD_ONE_ADD("r0", "r11", "r5") \
        MOTE_WINOGRAD_ONE_ADD("r1", "r11", "r6") MOTE_WINOGRAD_ONE_ADD("r2", "r11", "r7")            \
            MOTE_WINOGRAD_ONE_ADD("r3", "r11", "r10")

__attribute__((naked, noinline, unused)) static void
mote_winograd_multiply(__attribute__((unused)) const mote_winograd_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r4-r7, r10-r12}\n\t"
        "mov r8, r4\n\t"
        "mov r9, r6\n\t"
        "add r12, r12, r9\n\t"
        /* A group is 18 instructions of 4 bytes, and 8 bytes of x. */
        "lsl r6, r10, #3\n\t"
        "adr.w r0, 2f\n\t"
        "mov r1, #72\n\t"
        "mla r11, r11, r1, r0\n\t"
        "orr r11, r11, #1\n\t"
        /* Stack: sums, end of x, bytes of a position, where the first round starts. */
        "sub sp, sp, #16\n\t"
        "strd r7, r5, [sp]\n\t"
        "strd r6, r11, [sp, #8]\n\t"
        "add lr, r8, r6\n\t"
        ".balign 4\n\t"
        "1:\n\t" MOTE_WINOGRAD_ONE_FOUR(MOTE_WINOGRAD_ONE_SET)
        "ldr pc, [sp, #12]\n\t"
        ".balign 4\n\t"
        "2:\n\t" MOTE_WINOGRAD_ONE_FOUR(MOTE_WINOGRAD_ONE_ADD) MOTE_WINOGRAD_ONE_FOUR(MOTE_WINOGRAD_ONE_ADD)
            MOTE_WINOGRAD_ONE_FOUR(MOTE_WINOGRAD_ONE_ADD) MOTE_WINOGRAD_ONE_FOUR(MOTE_WINOGRAD_ONE_ADD)
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
    const int16_t *w = job->weights;
    uint32_t *sums = job->sums;
    for (const uint32_t *x = job->x; x != job->x_end; sums += 4) {
        for (uint32_t i = 0; i < 4; i++)
            sums[i] = 0;
        for (uint32_t word = 0; word < 2 * job->fours; word++, x++, w += 2 * MOTE_WINOGRAD_CHANNELS)
            for (uint32_t i = 0; i < 4; i++) {
                const int16_t *of = w + (i >> 1) * (job->second / sizeof *w) + 2 * (i & 1);
                sums[i] = (uint32_t)mote_smlad(*x, mote_read32(of), (int32_t)sums[i]);
            }
    }
}

#endif

#endif
