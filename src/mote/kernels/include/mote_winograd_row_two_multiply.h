/* SPDX-License-Identifier: Apache-2.0
 *
 * All positions of two tiles of a row times all output channels, and the results: at each position sums as
 * mote_winograd_multiply.h has them, of four output channels, then A' m of mote_winograd_4.h, and int8. The sum of
 * result i comes out as s[i] times what it is, s = (24, 12, 6, 6): the shift divides by 4, 2, 1, 1, and
 * 2863311531 * 3 = 1 modulo 2^32 by 3, which leaves twice the sum. */
#ifndef MOTE_WINOGRAD_ROW_TWO_MULTIPLY_H
#define MOTE_WINOGRAD_ROW_TWO_MULTIPLY_H

#include "mote_winograd_finish.h"
#include "mote_winograd_multiply.h"
#include "mote_winograd_row_job.h"

#define MOTE_ROW_TWO_THIRD 2863311531u

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#if MOTE_SINGLE
#define MOTE_ROW_TWO_SCALE(y) "smmla r5, " y ", r8, r11\n\t"
#else
#define MOTE_ROW_TWO_SCALE(y) "smmlar r5, " y ", r8, r11\n\tadd r5, r5, " y ", asr #31\n\t"
#endif
/* r8 multiplier, r11 offset, r9 right shift in its low byte, r12 the third; r5 is used. */
#define MOTE_ROW_TWO_FINISH(y)                                                                       \
    "mul " y ", " y ", r12\n\t" MOTE_ROW_TWO_SCALE(y) "asr r5, r5, r9\n\tssat " y ", #8, r5\n\t"

/* Stack: sums [6 positions][4 channels][2 tiles]; then as the numbers say; 9 registers. */
#define MOTE_ROW_TWO_END "192"   /* of the weights of the position */
#define MOTE_ROW_TWO_BYTES "196" /* of weights of a position */
#define MOTE_ROW_TWO_ENTRY "200" /* into the first round */
#define MOTE_ROW_TWO_X "204"
#define MOTE_ROW_TWO_SUMS "208" /* of the position */
#define MOTE_ROW_TWO_CHANNEL "212"
#define MOTE_ROW_TWO_CHANNELS_END "216"
#define MOTE_ROW_TWO_Y "220"
#define MOTE_ROW_TWO_STEP_1 "224"
#define MOTE_ROW_TWO_STEP_2 "228"
#define MOTE_ROW_TWO_STEP_3 "232"
#define MOTE_ROW_TWO_SECOND "236"
#define MOTE_ROW_TWO_FRAME "240"

/* The results of a tile at lr, its sums at bytes behind r0; r10 start; r2-r7 are used. */
#define MOTE_ROW_TWO_RESULTS(at)                                                                     \
    "ldr r2, [r0, #" at "]\n\t"                                                                      \
    "ldr r3, [r0, #32 + " at "]\n\t"                                                                 \
    "ldr r4, [r0, #64 + " at "]\n\t"                                                                 \
    "ldr r5, [r0, #96 + " at "]\n\t"                                                                 \
    "ldr r6, [r0, #128 + " at "]\n\t"                                                                \
    "ldr r7, [r0, #160 + " at "]\n\t"                                                                \
    "add r3, r3, r10\n\t"                                                                            \
    "add r3, r3, r4\n\t"                                                                             \
    "sub r4, r3, r4, lsl #1\n\t"                                                                     \
    "add r5, r5, r6\n\t"                                                                             \
    "sub r6, r5, r6, lsl #1\n\t"                                                                     \
    "add r2, r2, r5\n\t"                                                                             \
    "add r2, r2, r3, lsl #2\n\t"                                                                     \
    "add r3, r3, r5\n\t"                                                                             \
    "add r7, r7, r4\n\t"                                                                             \
    "add r7, r7, r6, lsl #1\n\t"                                                                     \
    "add r4, r6, r4, lsl #1\n\t"                                                                     \
    "asr r2, r2, #2\n\t"                                                                             \
    "asr r4, r4, #1\n\t" MOTE_ROW_TWO_FINISH("r2") MOTE_ROW_TWO_FINISH("r4")                         \
        MOTE_ROW_TWO_FINISH("r3") MOTE_ROW_TWO_FINISH("r7")                                          \
    "ldr r6, [sp, #" MOTE_ROW_TWO_STEP_3 "]\n\t"                                                     \
    "ldr r5, [sp, #" MOTE_ROW_TWO_STEP_2 "]\n\t"                                                     \
    "strb r7, [lr, r6]\n\t"                                                                          \
    "strb r3, [lr, r5]\n\t"                                                                          \
    "ldr r6, [sp, #" MOTE_ROW_TWO_STEP_1 "]\n\t"                                                     \
    "strb r4, [lr, r6]\n\t"                                                                          \
    "strb r2, [lr]\n\t"

/* Registers of a position as mote_winograd_multiply.h says; then r0 sums of the channel, r1 the next one's
 * constants, lr its first result. */
__attribute__((naked, noinline, unused)) static void
mote_winograd_row_two_multiply(__attribute__((unused)) const mote_winograd_row_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "sub sp, sp, #" MOTE_ROW_TWO_FRAME "\n\t"
        "ldm r0, {r1-r12}\n\t"
        /* A group is 28 instructions of 4 bytes, and 32 bytes of weights. */
        "lsl r2, r2, #5\n\t"
        "adr.w lr, 2f\n\t"
        "mov r0, #112\n\t"
        "mla r3, r3, r0, lr\n\t"
        "orr r3, r3, #1\n\t"
        "add r0, sp, #" MOTE_ROW_TWO_END "\n\t"
        "stm r0, {r1-r12}\n\t"
        /* Four channels. */
        ".balign 4\n\t"
        "1: ldr r8, [sp, #" MOTE_ROW_TWO_END "]\n\t"
        "ldr r9, [sp, #" MOTE_ROW_TWO_X "]\n\t"
        "ldr r12, [sp, #" MOTE_ROW_TWO_BYTES "]\n\t"
        "mov r11, sp\n\t"
        "add r10, r8, r12\n\t"
        /* A position: r10 the end of its weights, r11 where its sums go. */
        ".balign 4\n\t"
        "3: str r10, [sp, #" MOTE_ROW_TWO_END "]\n\t"
        "str r11, [sp, #" MOTE_ROW_TWO_SUMS "]\n\t" MOTE_WINOGRAD_FOUR(MOTE_WINOGRAD_SET)
        "ldr pc, [sp, #" MOTE_ROW_TWO_ENTRY "]\n\t"
        ".balign 4\n\t"
        "2:\n\t" MOTE_WINOGRAD_ROW_GROUPS
        "ldr r10, [sp, #" MOTE_ROW_TWO_END "]\n\t"
        "cmp r8, r10\n\t"
        "bne.w 2b\n\t"
        "ldr r11, [sp, #" MOTE_ROW_TWO_SUMS "]\n\t"
        "ldr r12, [sp, #" MOTE_ROW_TWO_BYTES "]\n\t"
        "add lr, sp, #192\n\t"
        "stm r11!, {r0-r7}\n\t"
        "cmp r11, lr\n\t"
        "add r10, r10, r12\n\t"
        "bne.w 3b\n\t"
        "ldr r1, [sp, #" MOTE_ROW_TWO_CHANNEL "]\n\t"
        "ldr lr, [sp, #" MOTE_ROW_TWO_Y "]\n\t"
        "mov r0, sp\n\t"
        "movw r12, #0xaaab\n\t"
        "movt r12, #0xaaaa\n\t"
        ".balign 4\n\t"
        "4: ldm.w r1!, {r8-r11}\n\t"
        "ldr r6, [sp, #" MOTE_ROW_TWO_SECOND "]\n\t"
        "add lr, lr, r9, lsr #8\n\t"
        "add lr, lr, r6\n\t" MOTE_ROW_TWO_RESULTS("4")
        "ldr r6, [sp, #" MOTE_ROW_TWO_SECOND "]\n\t"
        "sub lr, lr, r6\n\t" MOTE_ROW_TWO_RESULTS("0")
        "ldr r6, [sp, #" MOTE_ROW_TWO_CHANNELS_END "]\n\t"
        "add r0, r0, #8\n\t"
        "cmp r1, r6\n\t"
        "beq.n 9f\n\t"
        "add r6, sp, #32\n\t"
        "cmp r0, r6\n\t"
        "bne.w 4b\n\t"
        "str r1, [sp, #" MOTE_ROW_TWO_CHANNEL "]\n\t"
        "str lr, [sp, #" MOTE_ROW_TWO_Y "]\n\t"
        "b.w 1b\n\t"
        "9: add sp, sp, #" MOTE_ROW_TWO_FRAME "\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

static inline void mote_winograd_row_two_multiply(const mote_winograd_row_job *job)
{
    const int32_t *channel = job->channels;
    const uint32_t *steps = job->steps;
    mote_winograd_job all = {job->weights, job->weights, job->x, NULL, job->groups, 0};
    int8_t *y = job->y;
    uint32_t sums[6 * 8];
    all.sums = sums;
    while (channel != job->channels_end) {
        all.weights = all.weights_end;
        all.weights_end += 6 * 16 * job->groups;
        mote_winograd_multiply(&all);
        for (uint32_t c = 0; c < 4 && channel != job->channels_end; c++, channel += 4) {
            const int32_t multiplier = channel[0], right = channel[1] & 255, offset = channel[3];
            y += channel[1] >> 8;
            for (uint32_t t = 2; t-- > 0;) {
                const uint32_t *m = sums + 2 * c + t;
                const uint32_t m1 = m[8] + (uint32_t)channel[2], s = m1 + m[16], d = m1 - m[16];
                const uint32_t p = m[24] + m[32], q = m[24] - m[32];
                const uint32_t r[4] = {m[0] + p + 4 * s, q + 2 * d, s + p, m[40] + d + 2 * q};
                int8_t *tile = t ? y + job->second : y;
                for (uint32_t i = 4; i-- > 0;) {
                    const uint32_t six = (uint32_t)((int32_t)r[i] >> (i < 2 ? 2 - i : 0));
                    tile[i ? steps[i - 1] : 0] = (int8_t)mote_finish((int32_t)(six * MOTE_ROW_TWO_THIRD),
                                                                     multiplier, offset, right, !MOTE_SINGLE);
                }
            }
        }
    }
}

#endif

#endif
