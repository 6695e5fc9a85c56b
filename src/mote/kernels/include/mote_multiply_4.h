/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the DSP convolutions: 4 pixels times the output channels, two at a time.
 *
 * A weight word holds two taps of two channels A, B as lanes 256 * A + B. One SMLAD sums
 * 256 * (x . A) + (x . B); a second one with the sign-extended low bytes sums x . B alone, and the
 * difference / 256 is x . A: three instructions for four multiply-accumulates, at 1 byte a weight.
 *
 * Exact: sums wrap modulo 2^32, |bias + x . A| < 2^23, |bias + x . B| < 2^30 and lanes fit int16, checked
 * at compile time. Layers that fail use a "wide" kernel (MOTE_WIDE): weight bytes are plain (B low, A
 * high) and both are sign-extended, |bias + x . A| < 2^30; and shifts have a byte each. MOTE_SINGLE
 * selects single rounding.
 *
 * 4-bit weights (MOTE_NIBBLES, on top of wide): one word holds two weight words, the first in the upper
 * halves of its bytes. A byte whose lower half is cleared is 16 times the weight, so that no shift is
 * needed to extend the sign; the sums and the biases are 16 times as large, below 2^31, and the last step
 * divides exactly.
 *
 * x: [taps / 2][4 pixels] words of two int16, taps a multiple of 4; the order of the taps is the weights'. */
#ifndef MOTE_MULTIPLY_4_H
#define MOTE_MULTIPLY_4_H

#include "mote_dsp.h"

#ifndef MOTE_WIDE
#define MOTE_WIDE 0
#endif
#ifndef MOTE_SINGLE
#define MOTE_SINGLE 0
#endif
#ifndef MOTE_NIBBLES
#define MOTE_NIBBLES 0
#endif

typedef struct {
    const uint32_t *x;
    const uint32_t *x_end;
    const int8_t *weights;     /* [pairs][taps / 2] words; 4 bits: [pairs][taps / 4] */
    const int32_t *bias;       /* [pairs][2]: 256 * A + B, B; wide: A, B; 4 bits: 16 times A, B */
    const int32_t *multiplier; /* [pairs][2] */
    const uint8_t *shift;      /* [pairs]: right shift - 1 of A (low half) and B; wide: [pairs][2] */
    int8_t *y;                 /* channel 0 of pixel 0 */
    uint32_t y_stride;         /* from pixel to pixel; pixels are stored from the last to the first */
    uint32_t pairs;            /* at least 1 */
    int32_t zero;              /* 2 * y_zero + 1 */
    const uint8_t *gaps;       /* [pairs][2]: steps from one channel's place in y to the next, first from 0;
                                * a B without channel has step 0, and A's result replaces its own */
    uint32_t y_last;           /* from pixel 0 to pixel 3 */
    uint32_t pixels;           /* how many there are */
} mote_multiply_job;

/* Where count pixels go. The assembly for 4 always computes as many: where there are 3, the last one is stored
 * in the place of the third, which is stored after it. */
static inline void mote_place_pixels(mote_multiply_job *job, uint32_t count, uint32_t y_stride)
{
    job->pixels = count;
    job->y_stride = y_stride;
    job->y_last = count > 3 ? 3 * y_stride : 2 * y_stride;
}

/* Twice the accumulator of B, or of A in a wide kernel, given its sum. */
static inline int32_t mote_twice(int32_t sum)
{
    return MOTE_NIBBLES ? sum >> 3 : sum * 2;
}

/* Twice the accumulator of A, given both sums. */
static inline int32_t mote_twice_a(int32_t a, int32_t b)
{
    return MOTE_WIDE ? mote_twice(a) : (int32_t)((uint32_t)a - (uint32_t)b) >> 7;
}

/* Weight word 0 or 1 of the four taps of a pair that start at w, and the bytes of all four. */
#define MOTE_FOUR_TAPS_BYTES (MOTE_NIBBLES ? 4 : 8)
static inline uint32_t mote_weight_word(const int8_t *w, int which)
{
    if (MOTE_NIBBLES)
        return mote_read32(w) << (4 * which) & 0xF0F0F0F0u;
    return mote_read32(w + 4 * which);
}

/* The A operand of a weight word. */
static inline uint32_t mote_lanes_a(uint32_t w)
{
    return MOTE_WIDE ? mote_sxtb16_ror8(w) : w;
}

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0-r3 sums of A, r4-r7 sums of B, r8 x, r9 weights; r10-r12, lr free.
 * The stack holds a copy of the job, 4 bytes a field. */
#if MOTE_WIDE
#define MOTE_LANES_A "sxtb16 r10, r10, ror #8\n\t"
#define MOTE_TWICE_A(a, b) MOTE_TWICE(a)
#define MOTE_SHIFT_A "ldrb r12, [r12]\n\t"
#define MOTE_SHIFT_B "ldrb r12, [lr, #1]\n\tadd lr, lr, #2\n\t"
#else
#define MOTE_SHIFT_A "ldrb r12, [r12]\n\tand r12, r12, #15\n\t"
#define MOTE_SHIFT_B "ldrb r12, [lr], #1\n\tlsr r12, r12, #4\n\t"
#define MOTE_LANES_A
#define MOTE_TWICE_A(a, b) "sub " #a ", " #a ", " #b "\n\tasr " #a ", " #a ", #7\n\t"
#endif

#if MOTE_NIBBLES
#define MOTE_TWICE(a) "asr " #a ", " #a ", #3\n\t"
#define MOTE_WORD_0 "ldr r10, [r9]\n\tand r10, r10, #0xF0F0F0F0\n\t"
#define MOTE_WORD_1 "ldr r10, [r9], #4\n\tlsl r10, r10, #4\n\tand r10, r10, #0xF0F0F0F0\n\t"
#else
#define MOTE_TWICE(a) "lsl " #a ", " #a ", #1\n\t"
#define MOTE_WORD_0 "ldr r10, [r9], #4\n\t"
#define MOTE_WORD_1 MOTE_WORD_0
#endif

#if MOTE_SINGLE
#define MOTE_FINISH(a) "smmla " #a ", " #a ", r10, r11\n\t"
#else
#define MOTE_FINISH(a) "smmlar lr, " #a ", r10, r11\n\tadd " #a ", lr, " #a ", asr #31\n\t"
#endif
#define MOTE_FINISH_A(a, b)                                                                          \
    MOTE_TWICE_A(a, b) MOTE_FINISH(a) "asr " #a ", " #a ", r12\n\tssat " #a ", #8, " #a "\n\t"
#define MOTE_FINISH_B(b)                                                                             \
    MOTE_TWICE(b) MOTE_FINISH(b) "asr " #b ", " #b ", r12\n\tssat " #b ", #8, " #b "\n\t"

#define MOTE_TWO_TAPS(word)                                                                          \
    word                                                                                             \
    "ldrd r12, lr, [r8], #8\n\t"                                                                     \
    "sxtb16 r11, r10\n\t" MOTE_LANES_A                                                               \
    "smlad r0, r10, r12, r0\n\t"                                                                     \
    "smlad r4, r11, r12, r4\n\t"                                                                     \
    "smlad r1, r10, lr, r1\n\t"                                                                      \
    "smlad r5, r11, lr, r5\n\t"                                                                      \
    "ldrd r12, lr, [r8], #8\n\t"                                                                     \
    "smlad r2, r10, r12, r2\n\t"                                                                     \
    "smlad r6, r11, r12, r6\n\t"                                                                     \
    "smlad r3, r10, lr, r3\n\t"                                                                      \
    "smlad r7, r11, lr, r7\n\t"
#define MOTE_FOUR_TAPS MOTE_TWO_TAPS(MOTE_WORD_0) MOTE_TWO_TAPS(MOTE_WORD_1)

__attribute__((naked, noinline, unused)) static void
mote_multiply_4(__attribute__((unused)) const mote_multiply_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r1-r12}\n\t"
        "push {r1-r12}\n\t"
        "mov r9, r3\n\t"
        /* Two channels: the sums start at the bias. */
        "1: ldr r10, [sp, #12]\n\t"
        "ldrd r0, r4, [r10], #8\n\t"
        "str r10, [sp, #12]\n\t"
        "ldrd r8, r12, [sp]\n\t"
        "mov r1, r0\n\t"
        "mov r2, r0\n\t"
        "mov r3, r0\n\t"
        "mov r5, r4\n\t"
        "mov r6, r4\n\t"
        "mov r7, r4\n\t"
        /* Eight taps (64 bytes of x) a round; where four are over, the first round is half a one. */
        "sub r12, r12, r8\n\t"
        "tst r12, #32\n\t"
        "bne 3f\n\t"
        "2:\n\t" MOTE_FOUR_TAPS
        "3:\n\t" MOTE_FOUR_TAPS
        "ldr r12, [sp, #4]\n\t"
        "cmp r8, r12\n\t"
        "bne 2b\n\t"
        /* r10 multiplier, r11 offset, r12 right shift; r8 walks the multipliers. */
        "ldr r8, [sp, #16]\n\t"
        "ldr r12, [sp, #20]\n\t"
        MOTE_SHIFT_A
        "ldr r11, [sp, #36]\n\t"
        "ldr r10, [r8], #4\n\t"
        "lsl r11, r11, r12\n\t"
        "add r12, r12, #1\n\t"
        MOTE_FINISH_A(r0, r4) MOTE_FINISH_A(r1, r5) MOTE_FINISH_A(r2, r6) MOTE_FINISH_A(r3, r7)
        "ldr lr, [sp, #20]\n\t"
        MOTE_SHIFT_B
        "str lr, [sp, #20]\n\t"
        "ldr r10, [r8], #4\n\t"
        "str r8, [sp, #16]\n\t"
        "ldr r11, [sp, #36]\n\t"
        "lsl r11, r11, r12\n\t"
        "add r12, r12, #1\n\t"
        MOTE_FINISH_B(r4) MOTE_FINISH_B(r5) MOTE_FINISH_B(r6) MOTE_FINISH_B(r7)
        "ldr lr, [sp, #40]\n\t"
        "ldrd r10, r11, [sp, #24]\n\t"
        "ldrb r8, [lr], #1\n\t"
        "ldrb r12, [lr], #1\n\t"
        "str lr, [sp, #40]\n\t"
        "add r8, r8, r10\n\t"
        "add r12, r12, r8\n\t"
        "str r12, [sp, #24]\n\t"
        "ldr lr, [sp, #44]\n\t"
        "strb r7, [r12, lr]\n\t"
        "strb r6, [r12, r11, lsl #1]\n\t"
        "strb r5, [r12, r11]\n\t"
        "strb r4, [r12]\n\t"
        "strb r3, [r8, lr]\n\t"
        "strb r2, [r8, r11, lsl #1]\n\t"
        "strb r1, [r8, r11]\n\t"
        "strb r0, [r8]\n\t"
        "ldr r10, [sp, #32]\n\t"
        "subs r10, r10, #1\n\t"
        "str r10, [sp, #32]\n\t"
        "bne 1b\n\t"
        "add sp, sp, #48\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

/* Right shift of channel A (which = 0) or B (1). */
static inline int mote_pair_shift(const uint8_t *shift, uint32_t pair, uint32_t which)
{
    return (MOTE_WIDE ? shift[2 * pair + which] : shift[pair] >> (4 * which) & 15) + 1;
}

/* One pixel of step side by side. */
static inline void mote_multiply_pixel(const mote_multiply_job *job, uint32_t pixel, uint32_t step)
{
    const int8_t *w = job->weights;
    int8_t *y = job->y + pixel * job->y_stride;
    for (uint32_t pair = 0; pair < job->pairs; pair++) {
        int32_t a = job->bias[2 * pair], b = job->bias[2 * pair + 1];
        int right_a = mote_pair_shift(job->shift, pair, 0);
        int right_b = mote_pair_shift(job->shift, pair, 1);
        for (const uint32_t *x = job->x + pixel; x < job->x_end; x += 2 * step) {
            uint32_t w0 = mote_weight_word(w, 0), w1 = mote_weight_word(w, 1);
            a = mote_smlad(mote_lanes_a(w0), x[0], a);
            b = mote_smlad(mote_sxtb16(w0), x[0], b);
            a = mote_smlad(mote_lanes_a(w1), x[step], a);
            b = mote_smlad(mote_sxtb16(w1), x[step], b);
            w += MOTE_FOUR_TAPS_BYTES;
        }
        a = mote_finish(mote_twice_a(a, b), job->multiplier[2 * pair],
                        job->zero * (1 << (right_a - 1)), right_a, !MOTE_SINGLE);
        b = mote_finish(mote_twice(b), job->multiplier[2 * pair + 1], job->zero * (1 << (right_b - 1)), right_b,
                        !MOTE_SINGLE);
        y += job->gaps[2 * pair];
        y[job->gaps[2 * pair + 1]] = (int8_t)b;
        *y = (int8_t)a;
        y += job->gaps[2 * pair + 1];
    }
}

static inline void mote_multiply_4(const mote_multiply_job *job)
{
    for (uint32_t pixel = 0; pixel < job->pixels; pixel++)
        mote_multiply_pixel(job, pixel, 4);
}

#endif

#endif
