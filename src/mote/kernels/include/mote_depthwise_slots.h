/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the DSP depthwise convolution with three sums in 64 bits: all blocks of results of a channel.
 *
 * Words of x hold two neighbouring values, X = p + q * 2^21, words of weights two neighbouring taps, W = b + a * 2^21.
 * Their product has three slots, p * b, p * a + q * b and q * a: as of polynomials, four multiplications of a
 * convolution with one instruction. Accumulated over the words that meet, the middle slot is result 2i, the last one
 * the first half of result 2i + 1, whose other half is the first slot of the next accumulator. Of the one behind
 * the last accumulator only that slot counts: 32 bits are enough.
 *
 * No overflow: the first two slots start at a number with which they are in [0, 2^21) whatever x is and however many
 * products are in them, the last one stays within 22 bits; checked at compile time. */
#ifndef MOTE_DEPTHWISE_SLOTS_H
#define MOTE_DEPTHWISE_SLOTS_H

#include "mote_depthwise_slots_job.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__ARM_FP) && MOTE_SLOTS_PAIRS == 5
#include "mote_depthwise_slots_nine.h"
#elif defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__ARM_FP)

/* Two words of x; two words of weights, or one. */
#define MOTE_SLOTS_X "ldm r12!, {r9, r10}\n\t"
#define MOTE_SLOTS_W(w0, w1) "vmov r11, s" #w0 "\n\tvmov lr, s" #w1 "\n\t"
#define MOTE_SLOTS_W0(w0) "vmov r11, s" #w0 "\n\t"

/* Pair i of results; the half result behind the last one. */
#define MOTE_SUM_0(x, w) "smlal r0, r1, " #x ", " #w "\n\t"
#define MOTE_SUM_1(x, w) "smlal r2, r3, " #x ", " #w "\n\t"
#define MOTE_SUM_2(x, w) "smlal r4, r5, " #x ", " #w "\n\t"
#define MOTE_SUM_3(x, w) "smlal r6, r7, " #x ", " #w "\n\t"
#define MOTE_SUM_LAST(x, w) "mla r8, " #x ", " #w ", r8\n\t"

/* A row of the window; ROW_BYTES: of its code. */
#if MOTE_SLOTS_TAPS == 7 && MOTE_SLOTS_STRIDE == 1 && MOTE_SLOTS_PAIRS == 4
#define MOTE_SLOTS_ROW(w0, w1, w2, w3)                                                               \
    MOTE_SLOTS_X MOTE_SLOTS_W(w0, w1)                                                                \
    MOTE_SUM_2(r9, r11) MOTE_SUM_3(r10, r11) MOTE_SUM_1(r9, lr) MOTE_SUM_2(r10, lr)                  \
    MOTE_SLOTS_W(w2, w3)                                                                             \
    MOTE_SUM_0(r9, r11) MOTE_SUM_1(r10, r11) MOTE_SUM_0(r10, lr)                                     \
    MOTE_SLOTS_X                                                                                     \
    MOTE_SUM_2(r9, r11) MOTE_SUM_3(r10, r11) MOTE_SUM_1(r9, lr) MOTE_SUM_2(r10, lr)                  \
    MOTE_SLOTS_W(w0, w1)                                                                             \
    MOTE_SUM_LAST(r9, r11) MOTE_SUM_3(r9, lr) MOTE_SUM_LAST(r10, lr)
#define MOTE_SLOTS_ROW_BYTES "#88"
#elif MOTE_SLOTS_TAPS == 7 && MOTE_SLOTS_STRIDE == 2 && MOTE_SLOTS_PAIRS == 4
#define MOTE_SLOTS_PLANE(w0, w1)                                                                     \
    MOTE_SLOTS_X MOTE_SLOTS_W(w0, w1)                                                                \
    MOTE_SUM_0(r9, r11) MOTE_SUM_1(r10, r11) MOTE_SUM_0(r10, lr)                                     \
    MOTE_SLOTS_X                                                                                     \
    MOTE_SUM_1(r9, lr) MOTE_SUM_2(r9, r11) MOTE_SUM_2(r10, lr) MOTE_SUM_3(r10, r11)                  \
    MOTE_SLOTS_X                                                                                     \
    MOTE_SUM_3(r9, lr) MOTE_SUM_LAST(r9, r11) MOTE_SUM_LAST(r10, lr)                                 \
    "vmov r9, s31\n\tadd.w r12, r12, r9\n\t"
#define MOTE_SLOTS_ROW(w0, w1, w2, w3) MOTE_SLOTS_PLANE(w0, w1) MOTE_SLOTS_PLANE(w2, w3)
#define MOTE_SLOTS_ROW_BYTES "#136"
#elif MOTE_SLOTS_TAPS == 7 && MOTE_SLOTS_STRIDE == 2
#define MOTE_SLOTS_PLANE(w0, w1)                                                                     \
    MOTE_SLOTS_X MOTE_SLOTS_W(w0, w1)                                                                \
    MOTE_SUM_0(r9, lr) MOTE_SUM_1(r9, r11) MOTE_SUM_1(r10, lr) MOTE_SUM_LAST(r10, r11)
#define MOTE_SLOTS_ROW(w0, w1, w2, w3) MOTE_SLOTS_PLANE(w0, w1) MOTE_SLOTS_PLANE(w2, w3)
#define MOTE_SLOTS_ROW_BYTES "#56"
#elif MOTE_SLOTS_TAPS == 3 && MOTE_SLOTS_PAIRS == 4
#define MOTE_SLOTS_ROW(w0, w1)                                                                       \
    MOTE_SLOTS_X MOTE_SLOTS_W(w0, w1)                                                                \
    MOTE_SUM_1(r9, r11) MOTE_SUM_2(r10, r11) MOTE_SUM_0(r9, lr) MOTE_SUM_1(r10, lr)                  \
    MOTE_SLOTS_X                                                                                     \
    MOTE_SUM_3(r9, r11) MOTE_SUM_LAST(r10, r11) MOTE_SUM_2(r9, lr) MOTE_SUM_3(r10, lr)
#define MOTE_SLOTS_ROW_BYTES "#48"
#elif MOTE_SLOTS_TAPS == 3
#define MOTE_SLOTS_ROW(w0, w1)                                                                       \
    MOTE_SLOTS_X MOTE_SLOTS_W(w0, w1)                                                                \
    MOTE_SUM_1(r9, r11) MOTE_SUM_LAST(r10, r11) MOTE_SUM_0(r9, lr) MOTE_SUM_1(r10, lr)
#define MOTE_SLOTS_ROW_BYTES "#28"
#elif MOTE_SLOTS_PAIRS == 4
#define MOTE_SLOTS_ROW(w0, w1, w2)                                                                   \
    MOTE_SLOTS_X MOTE_SLOTS_W(w0, w1)                                                                \
    MOTE_SUM_1(r9, r11) MOTE_SUM_2(r10, r11) MOTE_SUM_0(r9, lr) MOTE_SUM_1(r10, lr)                  \
    MOTE_SLOTS_W0(w2)                                                                                \
    MOTE_SUM_0(r10, r11)                                                                             \
    MOTE_SLOTS_X                                                                                     \
    MOTE_SUM_1(r9, r11) MOTE_SUM_2(r10, r11) MOTE_SUM_2(r9, lr) MOTE_SUM_3(r10, lr)                  \
    MOTE_SLOTS_W0(w0)                                                                                \
    MOTE_SUM_3(r9, r11) MOTE_SUM_LAST(r10, r11)
#define MOTE_SLOTS_ROW_BYTES "#68"
#else
#define MOTE_SLOTS_ROW(w0, w1, w2)                                                                   \
    MOTE_SLOTS_X MOTE_SLOTS_W(w0, w1)                                                                \
    MOTE_SUM_1(r9, r11) MOTE_SUM_LAST(r10, r11) MOTE_SUM_0(r9, lr) MOTE_SUM_1(r10, lr)               \
    MOTE_SLOTS_W0(w2)                                                                                \
    MOTE_SUM_0(r10, r11)
#define MOTE_SLOTS_ROW_BYTES "#36"
#endif

/* All rows of the window; weights are in s0 up, behind them multiplier, constant and what sums start at. */
#if MOTE_SLOTS_TAPS == 7
#define MOTE_SLOTS_ROWS                                                                              \
    MOTE_SLOTS_ROW(0, 1, 2, 3) MOTE_SLOTS_ROW(4, 5, 6, 7) MOTE_SLOTS_ROW(8, 9, 10, 11)               \
    MOTE_SLOTS_ROW(12, 13, 14, 15) MOTE_SLOTS_ROW(16, 17, 18, 19) MOTE_SLOTS_ROW(20, 21, 22, 23)     \
    MOTE_SLOTS_ROW(24, 25, 26, 27)
#define MOTE_SLOTS_SAVE "vpush {s16-s31}\n\t"
#define MOTE_SLOTS_RESTORE "vpop {s16-s31}\n\t"
#define MOTE_SLOTS_CHANNEL "{s0-s30}"
#define MOTE_SLOTS_LINE "vmov r9, s28\n\tvmov r10, s29\n\t"
#define MOTE_SLOTS_START "vmov r8, s30\n\t"
#define MOTE_SLOTS_SKIP "vmov s31, r6\n\t"
#elif MOTE_SLOTS_TAPS == 3
#define MOTE_SLOTS_ROWS MOTE_SLOTS_ROW(0, 1) MOTE_SLOTS_ROW(2, 3) MOTE_SLOTS_ROW(4, 5)
#define MOTE_SLOTS_SAVE
#define MOTE_SLOTS_RESTORE
#define MOTE_SLOTS_CHANNEL "{s0-s8}"
#define MOTE_SLOTS_LINE "vmov r9, s6\n\tvmov r10, s7\n\t"
#define MOTE_SLOTS_START "vmov r8, s8\n\t"
#define MOTE_SLOTS_SKIP
#else
#define MOTE_SLOTS_ROWS                                                                              \
    MOTE_SLOTS_ROW(0, 1, 2) MOTE_SLOTS_ROW(3, 4, 5) MOTE_SLOTS_ROW(6, 7, 8) MOTE_SLOTS_ROW(9, 10, 11) \
    MOTE_SLOTS_ROW(12, 13, 14)
#define MOTE_SLOTS_SAVE "vpush {s16-s17}\n\t"
#define MOTE_SLOTS_RESTORE "vpop {s16-s17}\n\t"
#define MOTE_SLOTS_CHANNEL "{s0-s17}"
#define MOTE_SLOTS_LINE "vmov r9, s15\n\tvmov r10, s16\n\t"
#define MOTE_SLOTS_START "vmov r8, s17\n\t"
#define MOTE_SLOTS_SKIP
#endif

/* Result 2i from the middle slot of its accumulator; result 2i + 1 from the last slot and the next one's first. */
#define MOTE_SLOTS_EVEN(low, high) "lsr " low ", " low ", #21\n\tbfi " low ", " high ", #11, #10\n\t"
#define MOTE_SLOTS_ODD(high, next) "ubfx r12, " next ", #0, #21\n\tadd " high ", r12, " high ", asr #10\n\t"
#define MOTE_SLOTS_SCALE(sum) "smmla " sum ", " sum ", r9, r10\n\t"
#define MOTE_SLOTS_SATURATE(sum) "ssat " sum ", #8, " sum ", asr #4\n\t"

#if MOTE_SLOTS_PAIRS == 4
#define MOTE_SLOTS_4(code) code
#define MOTE_SLOTS_THIRD "r4"
#else
#define MOTE_SLOTS_4(code)
#define MOTE_SLOTS_THIRD "r8"
#endif

/* Registers: r0 to r7 sums, two each, r8 the half result behind them, r9 and r10 x, r11 and lr weights, r12 words of x.
 * The stack holds the job. */
__attribute__((naked, noinline, unused)) static void
mote_depthwise_slots(__attribute__((unused)) const mote_slots_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t" MOTE_SLOTS_SAVE
        "ldm r0, {r1-r6}\n\t"
        "adds r5, r5, #4\n\t"
        "vldm r5, " MOTE_SLOTS_CHANNEL "\n\t" MOTE_SLOTS_SKIP
        "push {r1-r4}\n\t"
        "mov r10, r1\n\t"
        ".balign 4\n\t"
        "1: ldm r10!, {r11, r12}\n\t"
        "str r10, [sp]\n\t"
        MOTE_SLOTS_START
        "adr.w r10, 2f\n\t"
        "mov.w r9, " MOTE_SLOTS_ROW_BYTES "\n\t"
        "mla r11, r11, r9, r10\n\t"
        "add r0, r8, r8, lsl #21\n\t"
        "lsr r1, r8, #11\n\t"
        "mov r2, r0\n\t"
        "mov r3, r1\n\t"
        MOTE_SLOTS_4("mov r4, r0\n\t"
                     "mov r5, r1\n\t"
                     "mov r6, r0\n\t"
                     "mov r7, r1\n\t")
        "mov pc, r11\n\t"
        ".balign 4\n\t"
        "2:\n\t" MOTE_SLOTS_ROWS
        /* Multiplier r9, constant r10, y r11, distances of pixels lr and r8. */
        MOTE_SLOTS_LINE
        "ldr r11, [sp, #4]\n\t"
        "ldr lr, [sp, #8]\n\t"
        MOTE_SLOTS_EVEN("r0", "r1")
        MOTE_SLOTS_ODD("r1", "r2")
        MOTE_SLOTS_EVEN("r2", "r3")
        MOTE_SLOTS_ODD("r3", MOTE_SLOTS_THIRD)
        MOTE_SLOTS_4(MOTE_SLOTS_EVEN("r4", "r5")
                     MOTE_SLOTS_ODD("r5", "r6")
                     MOTE_SLOTS_EVEN("r6", "r7")
                     MOTE_SLOTS_ODD("r7", "r8"))
        MOTE_SLOTS_SCALE("r0")
        MOTE_SLOTS_SCALE("r1")
        MOTE_SLOTS_SCALE("r2")
        MOTE_SLOTS_SCALE("r3")
        MOTE_SLOTS_4(MOTE_SLOTS_SCALE("r4")
                     MOTE_SLOTS_SCALE("r5")
                     MOTE_SLOTS_SCALE("r6")
                     MOTE_SLOTS_SCALE("r7"))
        MOTE_SLOTS_SATURATE("r0")
        MOTE_SLOTS_SATURATE("r1")
        MOTE_SLOTS_SATURATE("r2")
        MOTE_SLOTS_SATURATE("r3")
        MOTE_SLOTS_4(MOTE_SLOTS_SATURATE("r4")
                     MOTE_SLOTS_SATURATE("r5")
                     MOTE_SLOTS_SATURATE("r6")
                     MOTE_SLOTS_SATURATE("r7"))
        "add r8, lr, lr, lsl #1\n\t"
        "add r12, r11, lr, lsl #2\n\t"
        "strb r0, [r11]\n\t"
        "strb r1, [r11, lr]\n\t"
        "strb r2, [r11, lr, lsl #1]\n\t"
        "strb r3, [r11, r8]\n\t"
        MOTE_SLOTS_4("strb r4, [r12]\n\t"
                     "strb r5, [r12, lr]\n\t"
                     "strb r6, [r12, lr, lsl #1]\n\t"
                     "strb r7, [r12, r8]\n\t"
                     "add r12, r12, lr, lsl #2\n\t")
        "str r12, [sp, #4]\n\t"
        "ldr r10, [sp]\n\t"
        "ldr r9, [sp, #12]\n\t"
        "cmp r10, r9\n\t"
        "bne 1b\n\t"
        "add sp, sp, #16\n\t" MOTE_SLOTS_RESTORE
        "pop {r4-r11, pc}\n\t");
}

#else

/* The products of a row of the window and one plane. */
static inline void mote_slots_plane(const int32_t *x, const int32_t *weights, uint64_t *sums)
{
    for (int32_t k = -MOTE_SLOTS_BESIDE; k < MOTE_SLOTS_PAIRS + MOTE_SLOTS_BESIDE; k++, x++)
        for (int32_t m = 0; m < MOTE_SLOTS_WORDS; m++) {
            const int32_t pair = k + MOTE_SLOTS_AHEAD - m;
            if (pair >= 0 && pair <= MOTE_SLOTS_PAIRS)
                sums[pair] += (uint64_t)((int64_t)*x * weights[m]);
        }
}

static inline int8_t mote_slots_finish(const mote_slots_channel *channel, int32_t sum)
{
    return (int8_t)mote_ssat8(mote_smmla(sum, channel->multiplier, channel->constant) >> 4);
}

static void mote_depthwise_slots(const mote_slots_job *job)
{
    const mote_slots_channel *channel = job->channel;
    const uint64_t start = (uint64_t)(uint32_t)channel->start, slot = ((uint64_t)1 << MOTE_SLOT) - 1;
    int8_t *y = job->y;
    for (const mote_slots_block *block = job->block; block != job->end; block++) {
        const int32_t *x = job->scratch + block->x;
        uint64_t sums[MOTE_SLOTS_PAIRS + 1];
        for (int32_t i = 0; i <= MOTE_SLOTS_PAIRS; i++)
            sums[i] = start | start << MOTE_SLOT;
        for (uint32_t row = block->skipped; row < MOTE_SLOTS_TAPS; row++)
            for (uint32_t plane = 0; plane < MOTE_SLOTS_PLANES; plane++) {
                mote_slots_plane(x, channel->weights + (row * MOTE_SLOTS_PLANES + plane) * MOTE_SLOTS_WORDS, sums);
                x += MOTE_SLOTS_PAIRS + 2 * MOTE_SLOTS_BESIDE + (int32_t)(job->skip / 4);
            }
        for (int32_t i = 0; i < MOTE_SLOTS_RESULTS; i++, y += job->y_pixel) {
            const uint64_t *sum = sums + i / 2;
            const int32_t last = (int32_t)(uint32_t)(sum[0] >> 32) >> (2 * MOTE_SLOT - 32);
            if (i & 1)
                *y = mote_slots_finish(channel, last + (int32_t)(sum[1] & slot));
            else
                *y = mote_slots_finish(channel, (int32_t)(sum[0] >> MOTE_SLOT & slot));
        }
    }
}

#endif

#endif
