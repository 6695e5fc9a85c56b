/* SPDX-License-Identifier: Apache-2.0
 *
 * The results of tiles of 4 x 4: A' m A of mote_winograd_4.h, which says why the division is exact, and int8. */
#ifndef MOTE_WINOGRAD_OUTPUT_4_H
#define MOTE_WINOGRAD_OUTPUT_4_H

#include "mote_winograd_finish.h"
#include "mote_winograd_job.h"

#define MOTE_WINOGRAD_NINTH 954437177u

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#if MOTE_SINGLE
#define MOTE_WINOGRAD_SCALE(y) "smmla r5, " y ", r8, r9\n\t"
#else
#define MOTE_WINOGRAD_SCALE(y) "smmlar r5, " y ", r8, r9\n\tadd r5, r5, " y ", asr #31\n\t"
#endif
/* r8 multiplier, r9 offset, r10 right shift, r11 bias, r12 the ninth; r5 is used. */
#define MOTE_WINOGRAD_FINISH(y, k_1)                                                                 \
    "asr " y ", " y ", #" k_1 "\n\tmla " y ", " y ", r12, r11\n\t" MOTE_WINOGRAD_SCALE(              \
        y) "asr r5, r5, r10\n\tssat " y ", #8, r5\n\t"
/* r2-r7: the numbers of a row become its results, A' m in r2, r4, r3, r7; lr their place. */
#define MOTE_WINOGRAD_OUTPUT_ROW(k_1, k_2, k_3)                                                      \
    "ldm r1!, {r2-r7}\n\t"                                                                           \
    "add r3, r3, r4\n\t"                                                                             \
    "sub r4, r3, r4, lsl #1\n\t"                                                                     \
    "add r5, r5, r6\n\t"                                                                             \
    "sub r6, r5, r6, lsl #1\n\t"                                                                     \
    "add r2, r2, r5\n\t"                                                                             \
    "add r2, r2, r3, lsl #2\n\t"                                                                     \
    "add r3, r3, r5\n\t"                                                                             \
    "add r7, r7, r4\n\t"                                                                             \
    "add r7, r7, r6, lsl #1\n\t"                                                                     \
    "add r4, r6, r4, lsl #1\n\t" MOTE_WINOGRAD_FINISH("r2", k_1) MOTE_WINOGRAD_FINISH("r4", k_2)      \
        MOTE_WINOGRAD_FINISH("r3", k_3) MOTE_WINOGRAD_FINISH("r7", k_3)                              \
    "add r6, lr, r0, lsl #1\n\t"                                                                     \
    "strb r2, [lr]\n\t"                                                                              \
    "strb r4, [lr, r0]\n\t"                                                                          \
    "strb r3, [lr, r0, lsl #1]\n\t"                                                                  \
    "strb r7, [r6, r0]\n\t"                                                                          \
    "ldr r6, [sp, #120]\n\t"                                                                         \
    "add lr, lr, r6\n\t"

/* The results of count tiles in one channel; y: first pixels of each. Sums of a position stand MOTE_WINOGRAD_SUMS
 * words after those of the one before, of a tile one word.
 * Stack: the first pass, [4][6]; the channel; sums; y; y behind the last tile. */
__attribute__((naked, noinline, unused)) static void
mote_winograd_output_4(__attribute__((unused)) uint32_t *sums,
                       __attribute__((unused)) const mote_winograd_channel *channel,
                       __attribute__((unused)) int8_t *const *y, __attribute__((unused)) uint32_t count)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r1, {r4-r11}\n\t"
        "sub sp, sp, #140\n\t"
        "add r1, sp, #96\n\t"
        "stm r1, {r4-r11}\n\t"
        "strd r0, r2, [sp, #128]\n\t"
        "add r3, r2, r3, lsl #2\n\t"
        "str r3, [sp, #136]\n\t"
        "1: ldr r2, [r0, #28 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"
        "ldr r3, [sp, #96]\n\t"
        "add r2, r2, r3\n\t"
        "str r2, [r0, #28 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"
        "mov r1, sp\n\t"
        "add lr, sp, #24\n\t"
        "2: ldr r3, [r0, #24 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"
        "ldr r4, [r0, #48 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"
        "ldr r5, [r0, #72 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"
        "ldr r6, [r0, #96 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"
        "ldr r7, [r0, #120 * " MOTE_WINOGRAD_SUMS_TEXT "]\n\t"
        "ldr r2, [r0], #4 * " MOTE_WINOGRAD_SUMS_TEXT "\n\t"
        "add r3, r3, r4\n\t"
        "sub r4, r3, r4, lsl #1\n\t"
        "add r5, r5, r6\n\t"
        "sub r6, r5, r6, lsl #1\n\t"
        "add r2, r2, r5\n\t"
        "add r2, r2, r3, lsl #2\n\t"
        "add r3, r3, r5\n\t"
        "add r7, r7, r4\n\t"
        "add r7, r7, r6, lsl #1\n\t"
        "add r4, r6, r4, lsl #1\n\t"
        "str r4, [r1, #24]\n\t"
        "str r3, [r1, #48]\n\t"
        "str r7, [r1, #72]\n\t"
        "str r2, [r1], #4\n\t"
        "cmp r1, lr\n\t"
        "bne 2b\n\t"
        "add r8, sp, #100\n\t"
        "ldm r8, {r3, r8, r9, r10}\n\t"
        "mov r11, r3\n\t"
        "movw r12, #0x8e39\n\t"
        "movt r12, #0x38e3\n\t"
        "mov r1, sp\n\t"
        "ldr r2, [sp, #132]\n\t"
        "ldr r0, [sp, #124]\n\t"
        "ldr r3, [sp, #116]\n\t"
        "ldr lr, [r2], #4\n\t"
        "str r2, [sp, #132]\n\t"
        "add lr, lr, r3\n\t" MOTE_WINOGRAD_OUTPUT_ROW("5", "4", "3")
            MOTE_WINOGRAD_OUTPUT_ROW("4", "3", "2") MOTE_WINOGRAD_OUTPUT_ROW("3", "2", "1")
                MOTE_WINOGRAD_OUTPUT_ROW("3", "2", "1")
        "ldrd r0, r2, [sp, #128]\n\t"
        "add r0, r0, #4\n\t"
        "str r0, [sp, #128]\n\t"
        "ldr r3, [sp, #136]\n\t"
        "cmp r2, r3\n\t"
        "bne.w 1b\n\t"
        "add sp, sp, #140\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

/* A' m, where m stands at one distance, as to[0], to[to_step]... */
static inline void mote_winograd_output_six(const uint32_t *m, int distance, uint32_t *to, int to_step)
{
    const uint32_t m1 = m[distance], m2 = m[2 * distance], m3 = m[3 * distance], m4 = m[4 * distance];
    const uint32_t s = m1 + m2, d = m1 - m2, p = m3 + m4, q = m3 - m4;
    to[0] = m[0] + p + (s << 2);
    to[to_step] = q + (d << 1);
    to[2 * to_step] = s + p;
    to[3 * to_step] = m[5 * distance] + d + (q << 1);
}

/* A result, given 9 * 2^k times its sum. */
static inline int8_t mote_winograd_result(uint32_t sum, int k, const mote_winograd_channel *channel)
{
    const uint32_t twice = (uint32_t)((int32_t)sum >> (k - 1)) * MOTE_WINOGRAD_NINTH + (uint32_t)channel->bias;
    return mote_winograd_finish((int32_t)twice, channel);
}

/* A row of results; k: of the first. */
static inline void mote_winograd_row_4(const uint32_t *m, int k, const mote_winograd_channel *channel,
                                       int8_t *y)
{
    const uint32_t pixel_step = channel->pixel_step;
    uint32_t r[4];
    mote_winograd_output_six(m, 1, r, 1);
    y[0] = mote_winograd_result(r[0], k, channel);
    y[pixel_step] = mote_winograd_result(r[1], k - 1, channel);
    y[2 * pixel_step] = mote_winograd_result(r[2], k - 2, channel);
    y[3 * pixel_step] = mote_winograd_result(r[3], k - 2, channel);
}

/* The results of count tiles in one channel; y: first pixels of each. Sums of a position stand MOTE_WINOGRAD_SUMS
 * words after those of the one before, of a tile one word. */
static inline void mote_winograd_output_4(uint32_t *sums, const mote_winograd_channel *from,
                                                   int8_t *const *y, uint32_t count)
{
    const mote_winograd_channel channel = *from;
    for (int8_t *const *end = y + count; y != end; y++, sums++) {
        uint32_t rows[24];
        int8_t *to = *y + channel.place;
        sums[7 * MOTE_WINOGRAD_SUMS] += channel.start;
        for (uint32_t j = 0; j < 6; j++)
            mote_winograd_output_six(sums + MOTE_WINOGRAD_SUMS * j, 6 * MOTE_WINOGRAD_SUMS, rows + j, 6);
        mote_winograd_row_4(rows, 6, &channel, to);
        mote_winograd_row_4(rows + 6, 5, &channel, to += channel.row_step);
        mote_winograd_row_4(rows + 12, 4, &channel, to += channel.row_step);
        mote_winograd_row_4(rows + 18, 4, &channel, to += channel.row_step);
    }
}

#endif

#endif
