/* SPDX-License-Identifier: Apache-2.0
 *
 * A third of the positions of two tiles times all output channels, and what results of the tiles that gives:
 * A' m of mote_winograd_4.h from sums m0..m5, two of them a third, and start, which is added to m1. Per channel and
 * tile two words of sums pass from third to third:
 *   0: m1, s = m1 + m2
 *   1: p = m3 + m4, q = m3 - m4, d = m1 - m2;  results 1 and 2 are q + 2 d and s + p;  4 s + p, d + 2 q
 *   2: results 0 and 3 are what the third before left, and m0 or m5
 * Result i comes out as s[i] times what it is, s = (24, 12, 6, 6): the shift divides by 4, 2, 1, 1, and
 * 2863311531 * 3 = 1 modulo 2^32 by 3, which leaves twice the sum.
 *
 * Sums are right modulo 2^32; results fit, as mote_winograd_thirds.h says. */
#ifndef MOTE_WINOGRAD_THIRDS_MULTIPLY_H
#define MOTE_WINOGRAD_THIRDS_MULTIPLY_H

#include "mote_winograd_finish.h"
#include "mote_winograd_multiply.h"
#include "mote_winograd_row_job.h"

#define MOTE_THIRDS_THIRD 2863311531u

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#if MOTE_SINGLE
#define MOTE_THIRDS_SCALE(y) "smmla r5, " y ", r8, r11\n\t"
#else
#define MOTE_THIRDS_SCALE(y) "smmlar r5, " y ", r8, r11\n\tadd r5, r5, " y ", asr #31\n\t"
#endif
/* r8 multiplier, r11 offset, r9 right shift in its low byte, r12 the third; r5 is used. */
#define MOTE_THIRDS_FINISH(y)                                                                        \
    "mul " y ", " y ", r12\n\t" MOTE_THIRDS_SCALE(y) "asr r5, r5, r9\n\tssat " y ", #8, r5\n\t"

/* Zeros in all sums. */
#define MOTE_THIRDS_ZERO                                                                             \
    "movs r0, #0\n\tmovs r1, #0\n\tmovs r2, #0\n\tmovs r3, #0\n\t"                                   \
    "movs r4, #0\n\tmovs r5, #0\n\tmovs r6, #0\n\tmovs r7, #0\n\t"
/* Stack: m3 and m4 of 4 channels of 2 tiles; then as the numbers say. */
#define MOTE_THIRDS_END "64"      /* of the weights of the position */
#define MOTE_THIRDS_BYTES "68"    /* of weights of a position */
#define MOTE_THIRDS_ENTRY "72"    /* into the first round */
#define MOTE_THIRDS_X "76"
#define MOTE_THIRDS_SUMS "80"
#define MOTE_THIRDS_CHANNEL "84"
#define MOTE_THIRDS_CHANNELS_END "88"
#define MOTE_THIRDS_Y "92"
#define MOTE_THIRDS_STEP_1 "96"
#define MOTE_THIRDS_STEP_2 "100"
#define MOTE_THIRDS_STEP_3 "104"
#define MOTE_THIRDS_SECOND_TILE "108"
#define MOTE_THIRDS_THEN "112"    /* where to go on behind the position */
#define MOTE_THIRDS_FRAME "116"

/* Multiplies the position of which the weights are at r8, then goes on at label. */
#define MOTE_THIRDS_POSITION(label)                                                                  \
    "ldr r12, [sp, #" MOTE_THIRDS_BYTES "]\n\t"                                                       \
    "adr.w r11, " label "f\n\t"                                                                       \
    "add r10, r8, r12\n\t"                                                                           \
    "orr r11, r11, #1\n\t"                                                                           \
    "str r10, [sp, #" MOTE_THIRDS_END "]\n\t"                                                         \
    "str r11, [sp, #" MOTE_THIRDS_THEN "]\n\t"                                                        \
    "ldr pc, [sp, #" MOTE_THIRDS_ENTRY "]\n\t"                                                        \
    ".balign 4\n\t"                                                                                  \
    label ":\n\t"
/* The same at the first position, for which x starts anew. */
#define MOTE_THIRDS_FIRST_POSITION(label)                                                            \
    "ldr r8, [sp, #" MOTE_THIRDS_END "]\n\t"                                                          \
    "ldr r9, [sp, #" MOTE_THIRDS_X "]\n\t" MOTE_THIRDS_POSITION(label)

/* Before the first channel: r0 m3 and m4, r1 channel, r7 sums, r10 a step, r12 the third, lr y. */
#define MOTE_THIRDS_CHANNELS(step)                                                                   \
    "ldr r1, [sp, #" MOTE_THIRDS_CHANNEL "]\n\t"                                                      \
    "ldr lr, [sp, #" MOTE_THIRDS_Y "]\n\t"                                                            \
    "ldr r7, [sp, #" MOTE_THIRDS_SUMS "]\n\t"                                                         \
    "ldr r10, [sp, #" step "]\n\t"                                                                    \
    "mov r0, sp\n\t"                                                                                 \
    "movw r12, #0xaaab\n\t"                                                                          \
    "movt r12, #0xaaaa\n\t"                                                                          \
    ".balign 4\n\t"                                                                                  \
    "3: ldr r8, [r1], #16\n\t"                                                                       \
    "ldr r9, [r1, #-12]\n\t"                                                                         \
    "ldr r11, [r1, #-4]\n\t"                                                                         \
    "ldr r6, [sp, #" MOTE_THIRDS_SECOND_TILE "]\n\t"                                                  \
    "add lr, lr, r9, lsr #8\n\t"                                                                     \
    "add lr, lr, r6\n\t"
/* Between the tiles. */
#define MOTE_THIRDS_FIRST_TILE                                                                       \
    "ldr r6, [sp, #" MOTE_THIRDS_SECOND_TILE "]\n\t"                                                  \
    "sub lr, lr, r6\n\t"
/* Behind a channel; behind all of them to 9, behind four to the label. */
#define MOTE_THIRDS_NEXT_CHANNEL(label)                                                              \
    "ldr r6, [sp, #" MOTE_THIRDS_CHANNELS_END "]\n\t"                                                 \
    "add r0, r0, #8\n\t"                                                                             \
    "add r7, r7, #8\n\t"                                                                             \
    "cmp r1, r6\n\t"                                                                                 \
    "beq.w 9f\n\t"                                                                                   \
    "add r6, sp, #32\n\t"                                                                            \
    "cmp r0, r6\n\t"                                                                                 \
    "bne.w 3b\n\t"                                                                                   \
    "add r7, r7, #32\n\t"                                                                            \
    "str r1, [sp, #" MOTE_THIRDS_CHANNEL "]\n\t"                                                      \
    "str lr, [sp, #" MOTE_THIRDS_Y "]\n\t"                                                            \
    "str r7, [sp, #" MOTE_THIRDS_SUMS "]\n\t"                                                         \
    "b.w " label "\n\t"

/* Results 1 and 2 of a tile at lr, its sums at bytes behind r7 and r0. */
#define MOTE_THIRDS_MIDDLE_RESULTS(at)                                                               \
    "ldr r2, [r7, #" at "]\n\t"                                                                      \
    "ldr r3, [r7, #32 + " at "]\n\t"                                                                 \
    "ldr r4, [r0, #" at "]\n\t"                                                                      \
    "ldr r5, [r0, #32 + " at "]\n\t"                                                                 \
    "ldr r6, [r1, #-8]\n\t"                                                                          \
    "rsb r2, r3, r2, lsl #1\n\t"                                                                     \
    "add r2, r2, r6\n\t" /* d */                                                                     \
    "add r3, r3, r6\n\t" /* s */                                                                     \
    "rsb r4, r5, r4, lsl #1\n\t" /* q */                                                             \
    "add r6, r5, r3, lsl #2\n\t"                                                                     \
    "str r6, [r7, #" at "]\n\t"                                                                      \
    "add r6, r2, r4, lsl #1\n\t"                                                                     \
    "str r6, [r7, #32 + " at "]\n\t"                                                                 \
    "ldr r6, [sp, #" MOTE_THIRDS_STEP_2 "]\n\t"                                                       \
    "add r2, r4, r2, lsl #1\n\t"                                                                     \
    "add r3, r3, r5\n\t"                                                                             \
    "asr r2, r2, #1\n\t" MOTE_THIRDS_FINISH("r2") MOTE_THIRDS_FINISH("r3")                           \
    "strb r3, [lr, r6]\n\t"                                                                          \
    "strb r2, [lr, r10]\n\t"
/* Results 0 and 3 alike. */
#define MOTE_THIRDS_OUTER_RESULTS(at)                                                                \
    "ldr r2, [r7, #" at "]\n\t"                                                                      \
    "ldr r3, [r7, #32 + " at "]\n\t"                                                                 \
    "asr r2, r2, #2\n\t" MOTE_THIRDS_FINISH("r3") MOTE_THIRDS_FINISH("r2")                           \
    "strb r3, [lr, r10]\n\t"                                                                         \
    "strb r2, [lr]\n\t"

/* third: 0 to 2. Registers of a position as mote_winograd_multiply.h says. Stack behind the frame: third, end of
 * the weights of all quads, 9 registers. */
__attribute__((naked, noinline, unused)) static void
mote_winograd_thirds_multiply(__attribute__((unused)) const mote_winograd_row_job *job,
                              __attribute__((unused)) uint32_t third,
                              __attribute__((unused)) const int16_t *weights_end)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r1-r2, r4-r11, lr}\n\t"
        "sub sp, sp, #" MOTE_THIRDS_FRAME "\n\t"
        "ldm r0, {r1-r12}\n\t"
        /* A group is 28 instructions of 4 bytes, and 32 bytes of weights. */
        "lsl r2, r2, #5\n\t"
        "adr.w lr, 2f\n\t"
        "mov r0, #112\n\t"
        "mla r3, r3, r0, lr\n\t"
        "orr r3, r3, #1\n\t"
        "add r0, sp, #" MOTE_THIRDS_END "\n\t"
        "stm r0, {r1-r12}\n\t"
        "ldr r0, [sp, #" MOTE_THIRDS_FRAME "]\n\t"
        "cmp r0, #1\n\t"
        "beq.w 14f\n\t"
        "bhi.w 17f\n\t"
        /* Third 0: m1 and m1 + m2. */
        ".balign 4\n\t"
        "10:\n\t" MOTE_THIRDS_ZERO MOTE_THIRDS_FIRST_POSITION("11")
        "ldr r11, [sp, #" MOTE_THIRDS_SUMS "]\n\t"
        "stm r11, {r0-r7}\n\t" MOTE_THIRDS_POSITION("12")
        "ldr r11, [sp, #" MOTE_THIRDS_SUMS "]\n\t"
        "ldr r12, [sp, #4 + " MOTE_THIRDS_FRAME "]\n\t"
        "add r11, r11, #32\n\t"
        "stm r11!, {r0-r7}\n\t"
        "str r11, [sp, #" MOTE_THIRDS_SUMS "]\n\t"
        "cmp r8, r12\n\t"
        "bne.w 10b\n\t"
        "b.w 9f\n\t"
        /* All rounds of a position. */
        ".balign 4\n\t"
        "2:\n\t" MOTE_WINOGRAD_ROW_GROUPS
        "ldr r10, [sp, #" MOTE_THIRDS_END "]\n\t"
        "cmp r8, r10\n\t"
        "bne.w 2b\n\t"
        "ldr pc, [sp, #" MOTE_THIRDS_THEN "]\n\t"
        /* Third 1: m3 and m3 + m4. */
        ".balign 4\n\t"
        "14:\n\t" MOTE_THIRDS_ZERO MOTE_THIRDS_FIRST_POSITION("15")
        "stm sp, {r0-r7}\n\t" MOTE_THIRDS_POSITION("16")
        "add r11, sp, #32\n\t"
        "stm r11, {r0-r7}\n\t" MOTE_THIRDS_CHANNELS(MOTE_THIRDS_STEP_1) MOTE_THIRDS_MIDDLE_RESULTS("4")
            MOTE_THIRDS_FIRST_TILE MOTE_THIRDS_MIDDLE_RESULTS("0") MOTE_THIRDS_NEXT_CHANNEL("14b")
        /* Third 2: m0 and m5. */
        ".balign 4\n\t"
        "17: ldr r11, [sp, #" MOTE_THIRDS_SUMS "]\n\t"
        "ldm r11, {r0-r7}\n\t" MOTE_THIRDS_FIRST_POSITION("18")
        "ldr r11, [sp, #" MOTE_THIRDS_SUMS "]\n\t"
        "stm r11!, {r0-r7}\n\t"
        "ldm r11, {r0-r7}\n\t" MOTE_THIRDS_POSITION("19")
        "ldr r11, [sp, #" MOTE_THIRDS_SUMS "]\n\t"
        "add r11, r11, #32\n\t"
        "stm r11, {r0-r7}\n\t" MOTE_THIRDS_CHANNELS(MOTE_THIRDS_STEP_3) MOTE_THIRDS_OUTER_RESULTS("4")
            MOTE_THIRDS_FIRST_TILE MOTE_THIRDS_OUTER_RESULTS("0") MOTE_THIRDS_NEXT_CHANNEL("17b")
        "9: add sp, sp, #" MOTE_THIRDS_FRAME "\n\t"
        "pop {r1-r2, r4-r11, pc}\n\t");
}

#else

static inline void mote_winograd_thirds_position(const mote_winograd_row_job *job, const int16_t *weights,
                                                 const uint32_t *x, uint32_t *sums)
{
    for (uint32_t word = 0; word < 2 * job->groups; word++, x += 2, weights += 8)
        for (uint32_t i = 0; i < 8; i++)
            sums[i] = (uint32_t)mote_smlad(x[i & 1], mote_read32(weights + (i & ~1u)), (int32_t)sums[i]);
}

/* a and b, twice the sums of results i and j of a tile, and what its channel says. */
static inline void mote_winograd_thirds_store(const int32_t *channel, uint32_t a, uint32_t b, int8_t *i, int8_t *j)
{
    const int32_t multiplier = channel[0], right = channel[1] & 255, offset = channel[3];
    *j = (int8_t)mote_finish((int32_t)(b * MOTE_THIRDS_THIRD), multiplier, offset, right, !MOTE_SINGLE);
    *i = (int8_t)mote_finish((int32_t)(a * MOTE_THIRDS_THIRD), multiplier, offset, right, !MOTE_SINGLE);
}

static inline void mote_winograd_thirds_multiply(const mote_winograd_row_job *job, uint32_t third,
                                                 const int16_t *weights_end)
{
    const int32_t *channel = job->channels;
    const uint32_t *steps = job->steps;
    uint32_t *sums = job->sums;
    int8_t *y = job->y;
    for (const int16_t *w = job->weights; w != weights_end; w += 32 * job->groups, sums += 16) {
        uint32_t m[16] = {0};
        mote_winograd_thirds_position(job, w, job->x, m);
        mote_winograd_thirds_position(job, w + 16 * job->groups, job->x + 4 * job->groups, m + 8);
        for (uint32_t i = 0; i < 8 && third == 0; i++) {
            sums[i] = m[i];
            sums[8 + i] = m[i] + m[8 + i];
        }
        for (uint32_t c = 0; c < 4 && third && channel != job->channels_end; c++, channel += 4) {
            y += channel[1] >> 8;
            for (uint32_t t = 2; t-- > 0;) {
                uint32_t *own = sums + 2 * c + t;
                const uint32_t m0 = m[2 * c + t], m1 = m[8 + 2 * c + t], start = (uint32_t)channel[2];
                int8_t *tile = t ? y + job->second : y;
                if (third == 2) {
                    const uint32_t a = own[0] + m0, b = own[8] + m1;
                    mote_winograd_thirds_store(channel, (uint32_t)((int32_t)a >> 2), b, tile, tile + steps[2]);
                } else {
                    const uint32_t s = own[8] + start, d = 2 * own[0] - own[8] + start, p = m0 + m1, q = m0 - m1;
                    const uint32_t a = (uint32_t)((int32_t)(q + 2 * d) >> 1);
                    mote_winograd_thirds_store(channel, a, s + p, tile + steps[0], tile + steps[1]);
                    own[0] = 4 * s + p;
                    own[8] = d + 2 * q;
                }
            }
        }
    }
}

#endif

#endif
