/* SPDX-License-Identifier: Apache-2.0
 *
 * One window of a convolution through mote_chain_affine.h, times the output channels, four at a time, with two
 * multiply-accumulates in each SMLAL: where one is left over, it costs two thirds of three.
 *
 * Words are x + x * 2^21, and so the slots of a sum x.A + offset, x.A + x.B + offset, x.B, with which the sums of three
 * windows begin there: exact for the same reasons. */
#ifndef MOTE_LINE_ONE_H
#define MOTE_LINE_ONE_H

#include "mote_chain_affine.h"

#if MOTE_WIDE
#define mote_line_one mote_line_one_wide
#endif

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* A tap. Registers: r0, r1 and r4, r5 sums, r8 x, r9 weights; r2, r3, r6 free. */
#define MOTE_ONE_BYTES 20u /* of its instructions */
#define MOTE_ONE_TAP                                                                                 \
    "ldr r2, [r8], #4\n\t"                                                                           \
    "ldr r3, [r9], #8\n\t"                                                                           \
    "ldr r6, [r9, #-4]\n\t"                                                                          \
    "smlal r0, r1, r2, r3\n\t"                                                                       \
    "smlal r4, r5, r2, r6\n\t"
#define MOTE_ONE_4_TAPS MOTE_ONE_TAP MOTE_ONE_TAP MOTE_ONE_TAP MOTE_ONE_TAP

/* From the sum l, h those of A in r2 and of B in h. */
#if MOTE_WIDE
#define MOTE_ONE_SUMS(l, h)                                                                          \
    "ubfx r2, " l ", #0, #21\n\t"                                                                    \
    "subs " l ", " l ", r2, lsl #21\n\t"                                                             \
    "sbc " h ", " h ", r2, lsr #11\n\t"                                                              \
    "asr " h ", " h ", #10\n\t"
#else
#define MOTE_ONE_SUMS(l, h)                                                                          \
    "ubfx r2, " l ", #0, #21\n\t"                                                                    \
    "asr " h ", " h ", #10\n\t"
#endif

/* The result of sum a at r8, from multiplier r3 and constant r6. */
#define MOTE_ONE_RESULT(a)                                                                           \
    "smmla " a ", " a ", r3, r6\n\t"                                                                 \
    "ssat " a ", #8, " a ", asr #" MOTE_LINE_SHIFT_TEXT "\n\t"                                       \
    "strb " a ", [r8]\n\t"

/* Of the job: x and x_end of words with one word a tap, enter, y and weights. Registers besides: r10 x, r11 x_end,
 * r12 enter, lr y, r7 end of weights. */
MOTE_SHARED __attribute__((naked)) void
mote_line_one(__attribute__((unused)) const mote_line_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r1-r7}\n\t"
        "mov r10, r1\n\t"
        "mov r11, r2\n\t"
        "mov r12, r3\n\t"
        "mov lr, r4\n\t"
        "mov r9, r6\n\t"
        /* Four channels. Sixteen taps a round, of which the first one may leave out some. */
        ".balign 4\n\t"
        "1: mov r8, r10\n\t"
        "ldm r9!, {r0, r1, r4, r5}\n\t"
        ".balign 4\n\t"
        "add pc, r12\n\t"
        "nop\n\t"
        "2:\n\t" MOTE_ONE_4_TAPS MOTE_ONE_4_TAPS MOTE_ONE_4_TAPS MOTE_ONE_4_TAPS
        "cmp r8, r11\n\t"
        "bne 2b\n\t"
        MOTE_ONE_SUMS("r0", "r1")
        "ldr r3, [r9], #40\n\t"
        "ldr r6, [r9, #-36]\n\t"
        "ldr r0, [r9, #-32]\n\t"
        "uxtah r8, lr, r0\n\t"
        MOTE_ONE_RESULT("r2")
        "ldr r3, [r9, #-28]\n\t"
        "ldr r6, [r9, #-24]\n\t"
        "sxtah r8, r8, r0, ror #16\n\t"
        MOTE_ONE_RESULT("r1")
        MOTE_ONE_SUMS("r4", "r5")
        "ldr r3, [r9, #-20]\n\t"
        "ldr r6, [r9, #-16]\n\t"
        "ldr r0, [r9, #-12]\n\t"
        "sxtah r8, r8, r0\n\t"
        MOTE_ONE_RESULT("r2")
        "ldr r3, [r9, #-8]\n\t"
        "ldr r6, [r9, #-4]\n\t"
        "sxtah r8, r8, r0, ror #16\n\t"
        MOTE_ONE_RESULT("r5")
        "cmp r9, r7\n\t"
        "bne 1b\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

#define MOTE_ONE_BYTES 20u

static inline void mote_line_one(const mote_line_job *job)
{
    const uint32_t taps = (uint32_t)(job->x_end - job->x);
    for (const int32_t *w = job->weights; w != job->weights_end; w += 14 + 2 * taps) {
        const int32_t *table = w + 4 + 2 * taps;
        int8_t *place = job->y + (table[2] & 0xffff);
        for (uint32_t pair = 0; pair < 2; pair++, table += 5) {
            uint64_t sum = (uint64_t)(uint32_t)w[2 * pair + 1] << 32 | (uint32_t)w[2 * pair];
            for (uint32_t i = 0; i < taps; i++)
                sum += (uint64_t)((int64_t)(int32_t)job->x[i] * w[4 + 2 * i + pair]);
            const int32_t a = mote_line_slot(sum, 0);
            sum -= MOTE_WIDE ? (uint64_t)a << MOTE_LINE_SLOT : 0;
            const int32_t b = mote_line_slot(sum, 2), *second = table + 3;
            place += pair ? (int16_t)(uint16_t)(table[2] & 0xffff) : 0;
            *place = (int8_t)mote_ssat8(mote_smmla(a, table[0], table[1]) >> MOTE_LINE_SHIFT);
            place += table[2] >> 16;
            *place = (int8_t)mote_ssat8(mote_smmla(b, second[0], second[1]) >> MOTE_LINE_SHIFT);
        }
    }
}

#endif

/* The window of so many taps at x, to y; what the job says of three windows remains. */
static inline void mote_line_alone(const mote_line_job *job, uint32_t taps, const int8_t *x, int8_t *y)
{
    mote_line_job one = *job;
    for (uint32_t i = 0; i < taps; i++)
        one.x[i] = (uint32_t)x[i] + ((uint32_t)x[i] << MOTE_LINE_SLOT);
    one.x_end = one.x + taps;
    one.enter = (0u - taps) % 16 * MOTE_ONE_BYTES;
    one.y = y;
    mote_line_one(&one);
}

#endif
