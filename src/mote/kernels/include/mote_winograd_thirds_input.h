/* SPDX-License-Identifier: Apache-2.0
 *
 * A third of the positions of two tiles, transformed: two of the six values of B' x of mote_winograd_4.h, on two
 * channels a word. Inputs count from -128, as 0..255, so that results lie within 10 * 255 of 0. With inputs d0..d5
 * and differences of 16-bit halves the thirds are
 *   0: a + b, a - b with a = d4 - 4 d2, b = d3 - 4 d1
 *   1: c + e, c - e with c = d4 - d2, e = 2 (d3 - d1)
 *   2: d4 + 4 d0 - 5 d2, d5 + 4 d1 - 5 d3
 * What is shifted or added as a whole word has no negative half.
 *
 * pixels: [2 tiles][3 rows][6], of 4 * fours bytes each, wherever they are.
 * v: [2 positions][3 rows][2 * fours][2 tiles] words. */
#ifndef MOTE_WINOGRAD_THIRDS_INPUT_H
#define MOTE_WINOGRAD_THIRDS_INPUT_H

#include "mote_dsp.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#define MOTE_THIRDS_LANE(to, from, rotation) "sxtab16 " to ", r11, " from rotation "\n\t"

/* The next row of a tile. Stack: its pixels; rows left of both tiles; end of its first pixel; bytes of a pixel; v;
 * 9 registers. r8 its pixels, of which load takes those that it needs; r12 where to; r9 and r10 are used. */
#define MOTE_THIRDS_ROW(load)                                                                        \
    "1: ldrd r8, r9, [sp]\n\t" load                                                                  \
    "cmp r9, #3\n\t"                                                                                 \
    "itt eq\n\t"                                                                                     \
    "ldreq r12, [sp, #16]\n\t"                                                                       \
    "addeq r12, r12, #4\n\t"                                                                         \
    "add r8, r8, #24\n\t"                                                                            \
    "sub r9, r9, #1\n\t"                                                                             \
    "strd r8, r9, [sp]\n\t"                                                                          \
    "ldr r10, [sp, #12]\n\t"                                                                         \
    "add r10, r10, r0\n\t"                                                                           \
    "str r10, [sp, #8]\n\t"                                                                          \
    ".balign 4\n\t"                                                                                  \
    "2:\n\t"
#define MOTE_THIRDS_ROWS_END                                                                         \
    "ldr r9, [sp, #8]\n\t"                                                                           \
    "cmp r0, r9\n\t"                                                                                 \
    "bne.w 2b\n\t"                                                                                   \
    "ldr r9, [sp, #4]\n\t"                                                                           \
    "cmp r9, #0\n\t"                                                                                 \
    "bne.w 1b\n\t"                                                                                   \
    "b.w 9f\n\t"

/* r0-r3 pixels 1 to 4, r4-r7 words of them; r11 128 in both halves; r12 where to, lr bytes from behind there to the
 * other position; r8-r10 are used. */
#define MOTE_THIRDS_MIDDLE(word)                                                                     \
    MOTE_THIRDS_ROW("add r10, r8, #4\n\tldm r10, {r0-r3}\n\t")                                       \
    "ldr r4, [r0], #4\n\t"                                                                           \
    "ldr r5, [r1], #4\n\t"                                                                           \
    "ldr r6, [r2], #4\n\t"                                                                           \
    "ldr r7, [r3], #4\n\t" word("") word(", ror #8") MOTE_THIRDS_ROWS_END
#define MOTE_THIRDS_WORD(rotation, a, b)                                                             \
    MOTE_THIRDS_LANE("r8", "r7", rotation) MOTE_THIRDS_LANE("r9", "r5", rotation) a                  \
    "ssub16 r8, r8, r9\n\t" MOTE_THIRDS_LANE("r9", "r6", rotation)                                   \
        MOTE_THIRDS_LANE("r10", "r4", rotation) b                                                    \
    "sadd16 r10, r8, r9\n\t"                                                                         \
    "ssub16 r8, r8, r9\n\t"                                                                          \
    "str r10, [r12], #8\n\t"                                                                         \
    "str r8, [r12, lr]\n\t"
#define MOTE_THIRDS_FIRST(rotation)                                                                  \
    MOTE_THIRDS_WORD(rotation, "lsl r9, r9, #2\n\t", "lsl r10, r10, #2\n\tssub16 r9, r9, r10\n\t")
#define MOTE_THIRDS_SECOND(rotation)                                                                 \
    MOTE_THIRDS_WORD(rotation, "", "ssub16 r9, r9, r10\n\tsadd16 r9, r9, r9\n\t")

/* One position into r9. r6-r8 words of three pixels; r10 is used. */
#define MOTE_THIRDS_OUTER(rotation)                                                                    \
    MOTE_THIRDS_LANE("r9", "r8", rotation) MOTE_THIRDS_LANE("r10", "r6", rotation)                   \
    "add r9, r9, r10, lsl #2\n\t" MOTE_THIRDS_LANE("r10", "r7", rotation)                            \
    "add r10, r10, r10, lsl #2\n\t"                                                                  \
    "ssub16 r9, r9, r10\n\t"
/* r0-r5 pixels; lr bytes from r12 to the other position. */
#define MOTE_THIRDS_ENDS                                                                             \
    MOTE_THIRDS_ROW("ldm r8, {r0-r5}\n\t")                                                           \
    "ldr r6, [r0], #4\n\t"                                                                           \
    "ldr r7, [r2], #4\n\t"                                                                           \
    "ldr r8, [r4], #4\n\t" MOTE_THIRDS_OUTER("")                                                       \
    "str r9, [r12]\n\t" MOTE_THIRDS_OUTER(", ror #8")                                                  \
    "str r9, [r12, #8]\n\t"                                                                          \
    "ldr r6, [r1], #4\n\t"                                                                           \
    "ldr r7, [r3], #4\n\t"                                                                           \
    "ldr r8, [r5], #4\n\t" MOTE_THIRDS_OUTER("")                                                       \
    "str r9, [r12, lr]\n\t"                                                                          \
    "add r12, r12, #16\n\t" MOTE_THIRDS_OUTER(", ror #8")                                              \
    "sub r10, r12, #8\n\t"                                                                           \
    "str r9, [r10, lr]\n\t" MOTE_THIRDS_ROWS_END

__attribute__((naked, noinline, unused)) static void
mote_winograd_thirds_input(__attribute__((unused)) const int8_t *const *pixels,
                           __attribute__((unused)) uint32_t *v, __attribute__((unused)) uint32_t fours,
                           __attribute__((unused)) uint32_t third)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "sub sp, sp, #20\n\t"
        "lsl r2, r2, #2\n\t"
        "mov r12, #6\n\t"
        "strd r0, r12, [sp]\n\t"
        "strd r2, r1, [sp, #12]\n\t"
        "mov r12, r1\n\t"
        "add lr, r2, r2, lsl #1\n\t"
        "lsl lr, lr, #2\n\t"
        "mov r11, #0x00800080\n\t"
        "cmp r3, #1\n\t"
        "bhi.w 7f\n\t"
        "sub lr, lr, #8\n\t"
        "beq.w 5f\n\t" MOTE_THIRDS_MIDDLE(MOTE_THIRDS_FIRST)
        "5:\n\t" MOTE_THIRDS_MIDDLE(MOTE_THIRDS_SECOND)
        "7:\n\t" MOTE_THIRDS_ENDS
        "9: add sp, sp, #20\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

static inline void mote_winograd_thirds_input(const int8_t *const *pixels, uint32_t *v, uint32_t fours,
                                              uint32_t third)
{
    const uint32_t other = 12 * fours;
    for (uint32_t row = 0; row < 6; row++, pixels += 6) {
        uint32_t *to = v + row % 3 * 4 * fours + row / 3;
        for (uint32_t i = 0; i < 2 * fours; i++, to += 2) {
            uint32_t d[6];
            for (uint32_t j = 0; j < 6; j++) {
                const uint32_t word = mote_read32(pixels[j] + 4 * (i >> 1));
                d[j] = i & 1 ? mote_sxtab16_ror8(0x00800080u, word) : mote_sxtab16(0x00800080u, word);
            }
            if (third == 2) {
                to[0] = mote_ssub16(d[4] + (d[0] << 2), 5 * d[2]);
                to[other] = mote_ssub16(d[5] + (d[1] << 2), 5 * d[3]);
            } else {
                const uint32_t a = mote_ssub16(d[4], third ? d[2] : d[2] << 2);
                const uint32_t b = third ? mote_twice16(mote_ssub16(d[3], d[1])) : mote_ssub16(d[3], d[1] << 2);
                to[0] = mote_sadd16(a, b);
                to[other] = mote_ssub16(a, b);
            }
        }
    }
}

#endif

#endif
