/* SPDX-License-Identifier: Apache-2.0
 *
 * A tap of three windows in one word, for the chained convolutions: bytes 0 to 255, x + 128, as
 *     P = x1 + x0 * 2^11 + x2 * 2^21.
 * Rotated by 11 bits and without x2, which a bit field clears, it is x0 + x1 * 2^21. P itself stands for
 * x1 + x2 * 2^21: its sums hold those of x0 besides,
 *     x1.A + (x2.A + x1.B) * 2^21 + x2.B * 2^42 + x0.A * 2^11 + x0.B * 2^32,
 * which the sums of the rotated words tell and which go in the end. A tap takes 10 cycles, one more than with two
 * words.
 *
 * Exact: sums are known modulo 2^64, and without those of x0 they fit their slots. */
#ifndef MOTE_PACKED_TAPS_H
#define MOTE_PACKED_TAPS_H

#include <stdint.h>

#include "mote_dsp.h"

#define MOTE_PACKED_ZERO 0x10040080u /* 128 in each place */

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* A tap. Registers: r0-r7 sums, r8 x, r9 weights; r10-r12, lr free. */
#define MOTE_PACKED_TAP(x, w, w_2)                                                                   \
    "ldr r10, " x "\n\t"                                                                             \
    "ldr r12, " w "\n\t"                                                                             \
    "ldr lr, " w_2 "\n\t"                                                                            \
    "ror r11, r10, #11\n\t"                                                                          \
    "bfc r11, #8, #13\n\t"                                                                           \
    "smlal r0, r1, r11, r12\n\t"                                                                     \
    "smlal r2, r3, r10, r12\n\t"                                                                     \
    "smlal r4, r5, r11, lr\n\t"                                                                      \
    "smlal r6, r7, r10, lr\n\t"
#define MOTE_PACKED_4_TAPS                                                                           \
    MOTE_PACKED_TAP("[r8], #16", "[r9], #32", "[r9, #-28]")                                          \
    MOTE_PACKED_TAP("[r8, #-12]", "[r9, #-24]", "[r9, #-20]")                                        \
    MOTE_PACKED_TAP("[r8, #-8]", "[r9, #-16]", "[r9, #-12]")                                         \
    MOTE_PACKED_TAP("[r8, #-4]", "[r9, #-8]", "[r9, #-4]")

/* From second sums l2, h2 goes what first sums l1, h1 tell of x0. */
#define MOTE_PACKED_CLEAN(l1, h1, l2, h2)                                                            \
    "lsr r10, " l1 ", #21\n\t"                                                                       \
    "bfi r10, " h1 ", #11, #10\n\t"                                                                  \
    "sub " h2 ", " h2 ", r10\n\t"                                                                    \
    "ubfx r10, " l1 ", #0, #21\n\t"                                                                  \
    "subs " l2 ", " l2 ", r10, lsl #11\n\t"                                                          \
    "sbc " h2 ", " h2 ", #0\n\t"                                                                     \
    "ubfx r10, " l2 ", #0, #21\n\t"                                                                  \
    "add " h2 ", " h2 ", r10\n\t"

/* Packs count taps, a positive multiple of 4; returns the end of what it wrote. Registers: r0 to, r1-r3 pixels,
 * lr end of the first, r12 128 in each place; r4-r9 free. */
#define MOTE_PACKED_2                                                                                \
    "ldrb r4, [r1], #1\n\t"                                                                          \
    "ldrb r5, [r1], #1\n\t"                                                                          \
    "ldrb r6, [r2], #1\n\t"                                                                          \
    "ldrb r7, [r2], #1\n\t"                                                                          \
    "ldrb r8, [r3], #1\n\t"                                                                          \
    "ldrb r9, [r3], #1\n\t"                                                                          \
    "eor r6, r6, r12\n\t"                                                                            \
    "eor r7, r7, r12\n\t"                                                                            \
    "eor r6, r6, r4, lsl #11\n\t"                                                                    \
    "eor r7, r7, r5, lsl #11\n\t"                                                                    \
    "eor r6, r6, r8, lsl #21\n\t"                                                                    \
    "eor r7, r7, r9, lsl #21\n\t"                                                                    \
    "str r6, [r0], #8\n\t"                                                                           \
    "str r7, [r0, #-4]\n\t"

__attribute__((naked, noinline, unused)) static uint32_t *
mote_packed_4(__attribute__((unused)) uint32_t *to, __attribute__((unused)) const int8_t *x0,
              __attribute__((unused)) const int8_t *x1, __attribute__((unused)) const int8_t *x2,
              __attribute__((unused)) int32_t count)
{
    __asm volatile(".syntax unified\n\t"
                   "push {r4-r9, lr}\n\t"
                   "ldr lr, [sp, #28]\n\t"
                   "movw r12, #0x0080\n\t"
                   "movt r12, #0x1004\n\t"
                   "add lr, lr, r1\n\t"
                   ".balign 4\n\t"
                   "1:\n\t" MOTE_PACKED_2 MOTE_PACKED_2
                   "cmp r1, lr\n\t"
                   "bne 1b\n\t"
                   "pop {r4-r9, pc}\n\t");
}

#else

/* The words of x0 and x1. */
static inline uint32_t mote_packed_first(uint32_t packed)
{
    return (packed >> 11 | packed << 21) & ~(0x1fffu << 8);
}

/* Second sums without what first sums tell of x0. */
static inline uint64_t mote_packed_clean(uint64_t first, uint64_t second)
{
    const uint64_t slot = (1u << 21) - 1u;
    second -= (first >> 21 & slot) << 32;
    second -= (first & slot) << 11;
    return second + ((second & slot) << 32);
}

static inline uint32_t *mote_packed_4(uint32_t *to, const int8_t *x0, const int8_t *x1, const int8_t *x2, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        *to++ = ((uint32_t)(uint8_t)x1[i] | (uint32_t)(uint8_t)x0[i] << 11 | (uint32_t)(uint8_t)x2[i] << 21) ^
                MOTE_PACKED_ZERO;
    return to;
}

#endif

#endif
