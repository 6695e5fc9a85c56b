/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the chained convolutions: 3 pixels times the output channels, four at a time, with three
 * multiply-accumulates in each SMLAL.
 *
 * Two values lie 21 bits apart in one word: x0 + x1 * 2^21 and x1 + x2 * 2^21 of three pixels, and
 * wA + 2 * wB * 2^21 of two channels. The products of words, summed over the taps, have three slots:
 *     first word:  x0.A + offset,  x1.A + 2 * x0.B + offset,  2 * x1.B
 *     second word: x1.A + offset,  x2.A + 2 * x1.B + offset,  2 * x2.B
 * (bias included), from which differences give all six sums. Four words are read for 12 products: 9 cycles.
 * Where all pixels have the same x, both words have the same sums, which three words read give: 6 cycles.
 *
 * Exact: 64-bit sums wrap around, and in the end the first two slots are in [0, 2^21[, the third in
 * [-2^21, 2^21[; lower/chain_layout.py proves it for every pair of channels, for any three pixels.
 *
 * MOTE_SPLIT: the taps are summed in pieces, for each of which slots are proven, as mote_chain_split.h says.
 *
 * MOTE_PACKED, which implies it: x has one word a tap, as mote_packed_taps.h says.
 *
 * MOTE_SINGLE selects single rounding. MOTE_POSITIVE: double rounding with y_zero = -128, where a negative
 * result saturates whichever way its halves are rounded. */
#ifndef MOTE_CHAIN_H
#define MOTE_CHAIN_H

#include "mote_dsp.h"

#ifndef MOTE_SINGLE
#define MOTE_SINGLE 0
#endif
#ifndef MOTE_POSITIVE
#define MOTE_POSITIVE 0
#endif
#ifndef MOTE_SPLIT
#define MOTE_SPLIT 0
#endif
#ifndef MOTE_PACKED
#define MOTE_PACKED 0
#endif
#if MOTE_PACKED
#include "mote_packed_taps.h"
#endif

#define MOTE_SLOT 21 /* bits */

/* The assembly knows the order of the fields. */
typedef struct {
    const uint32_t *x;     /* [taps][2 words] or [taps], taps a multiple of 4 */
    uint32_t start;        /* 0: number of fours of taps is even; 1: odd; 2: all pixels have the same x */
    const uint32_t *x_end;
    int8_t *y;             /* channel 0 of pixel 0 */
    uint32_t y_1, y_2;     /* from pixel 0 to pixels 1 and 2; pixels in one place have the same x */
    int32_t zero;          /* 2 * y_zero + 1 */
    const int32_t *weights_end;
    const int32_t *weights; /* of each four channels A, B, C, D: first values of the sums, of A and B and of C
                             * and D, 64 bits each; [taps] words of A and B and of C and D; then for A and B
                             * and for C and D twice the offset, and of each channel the multiplier and
                             * (place in y << 8) + right shift - 1 */
#if MOTE_SPLIT
    uint32_t piece_bytes; /* of x, for all pieces but the last, which may be shorter */
#endif
} mote_chain_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0-r7 sums, r8 x, r9 weights; r10-r12, lr free. The stack holds the job up to weights_end. */
#if !MOTE_PACKED
/* A tap; x and w: how its first words are addressed. */
#define MOTE_CHAIN_TAP(x, x_2, w, w_2)                                                               \
    "ldr r10, " x "\n\t"                                                                             \
    "ldr r11, " x_2 "\n\t"                                                                           \
    "ldr r12, " w "\n\t"                                                                             \
    "ldr lr, " w_2 "\n\t"                                                                            \
    "smlal r0, r1, r10, r12\n\t"                                                                     \
    "smlal r2, r3, r11, r12\n\t"                                                                     \
    "smlal r4, r5, r10, lr\n\t"                                                                      \
    "smlal r6, r7, r11, lr\n\t"
#define MOTE_CHAIN_4_TAPS                                                                            \
    MOTE_CHAIN_TAP("[r8], #32", "[r8, #-28]", "[r9], #32", "[r9, #-28]")                             \
    MOTE_CHAIN_TAP("[r8, #-24]", "[r8, #-20]", "[r9, #-24]", "[r9, #-20]")                           \
    MOTE_CHAIN_TAP("[r8, #-16]", "[r8, #-12]", "[r9, #-16]", "[r9, #-12]")                           \
    MOTE_CHAIN_TAP("[r8, #-8]", "[r8, #-4]", "[r9, #-8]", "[r9, #-4]")

/* The taps where all pixels have the same x, and so both words the same sums. */
#define MOTE_CHAIN_ONE_2                                                                             \
    "ldr r2, [r8], #16\n\t"                                                                          \
    "ldr r3, [r8, #-8]\n\t"                                                                          \
    "ldr r6, [r9], #16\n\t"                                                                          \
    "ldr r7, [r9, #-12]\n\t"                                                                         \
    "ldr r10, [r9, #-8]\n\t"                                                                         \
    "ldr r11, [r9, #-4]\n\t"                                                                         \
    "smlal r0, r1, r2, r6\n\t"                                                                       \
    "smlal r4, r5, r2, r7\n\t"                                                                       \
    "smlal r0, r1, r3, r10\n\t"                                                                      \
    "smlal r4, r5, r3, r11\n\t"
#define MOTE_CHAIN_ONE                                                                               \
    ".balign 4\n\t"                                                                                  \
    "9: ldr r12, [sp, " MOTE_CHAIN_END "]\n\t"                                                       \
    ".balign 4\n\t"                                                                                  \
    "10:\n\t" MOTE_CHAIN_ONE_2 MOTE_CHAIN_ONE_2                                                      \
    "cmp r8, r12\n\t"                                                                                \
    "bne 10b\n\t"                                                                                    \
    "mov r2, r0\n\t"                                                                                 \
    "mov r3, r1\n\t"                                                                                 \
    "mov r6, r4\n\t"                                                                                 \
    "mov r7, r5\n\t"                                                                                 \
    "b 11b\n\t"
#endif

#if MOTE_SPLIT
#include "mote_chain_split.h"
#else
#define MOTE_CHAIN_STACK "#32"
#define MOTE_CHAIN_END "#8"

/* From the job to all sums in r0-r7. Eight taps a round; where four are over, the first round is half a one. */
#define MOTE_CHAIN_PIECES                                                                            \
    "ldm r0, {r1-r9}\n\t"                                                                            \
    "push {r1-r8}\n\t"                                                                               \
    ".balign 4\n\t"                                                                                  \
    "1: ldm r9!, {r0, r1, r4, r5}\n\t"                                                               \
    "ldr r8, [sp]\n\t"                                                                               \
    "ldr r12, [sp, #4]\n\t"                                                                          \
    "mov r2, r0\n\t"                                                                                 \
    "mov r3, r1\n\t"                                                                                 \
    "mov r6, r4\n\t"                                                                                 \
    "mov r7, r5\n\t"                                                                                 \
    "cmp r12, #1\n\t"                                                                                \
    "beq 3f\n\t"                                                                                     \
    "bhi 9f\n\t"                                                                                     \
    ".balign 4\n\t"                                                                                  \
    "2:\n\t" MOTE_CHAIN_4_TAPS                                                                       \
    "3:\n\t" MOTE_CHAIN_4_TAPS                                                                       \
    "ldr r12, [sp, #8]\n\t"                                                                          \
    "cmp r8, r12\n\t"                                                                                \
    "bne 2b\n\t"                                                                                     \
    "11:\n\t"

/* From the sums l1, h1 and l2, h2 of two words to twice those of A in a0, l1, r12 and of B in r11, h1, h2. */
#define MOTE_CHAIN_PART(l1, h1, l2, h2, a0, offset, sums)                                            \
    "ldr " offset ", [r9], #4\n\t"                                                                    \
    "ubfx " a0 ", " l1 ", #0, #21\n\t"                                                               \
    "lsr r11, " l1 ", #21\n\t"                                                                       \
    "bfi r11, " h1 ", #11, #10\n\t"                                                                  \
    "asr " h1 ", " h1 ", #10\n\t"                                                                    \
    "ubfx " l1 ", " l2 ", #0, #21\n\t"                                                               \
    "lsr r12, " l2 ", #21\n\t"                                                                       \
    "bfi r12, " h2 ", #11, #10\n\t"                                                                  \
    "asr " h2 ", " h2 ", #10\n\t"                                                                    \
    "sub r11, r11, " l1 "\n\t"                                                                       \
    "sub r12, r12, " h1 "\n\t"                                                                       \
    "rsb " a0 ", " offset ", " a0 ", lsl #1\n\t"                                                     \
    "rsb " l1 ", " offset ", " l1 ", lsl #1\n\t"                                                     \
    "rsb r12, " offset ", r12, lsl #1\n\t"
#endif

/* The multiplier m of a channel, lr its place and shift, c what stands for y_zero and the half that rounds. */
#define MOTE_CHAIN_CHANNEL(m, c)                                                                     \
    "ldrd " m ", lr, [r9], #8\n\t"                                                                   \
    "ldr " c ", [sp, #24]\n\t"                                                                       \
    "lsl " c ", " c ", lr\n\t"

#if MOTE_SINGLE
#define MOTE_CHAIN_SCALE(a, m, c, t) "smmla " a ", " a ", " m ", " c "\n\t"
#define MOTE_CHAIN_SCALE_HERE(a, m, c) MOTE_CHAIN_SCALE(a, m, c, )
#elif MOTE_POSITIVE
#define MOTE_CHAIN_SCALE(a, m, c, t) "smmlar " a ", " a ", " m ", " c "\n\t"
#define MOTE_CHAIN_SCALE_HERE(a, m, c) MOTE_CHAIN_SCALE(a, m, c, )
#else
#define MOTE_CHAIN_SCALE(a, m, c, t)                                                                 \
    "add " t ", " c ", " a ", asr #31\n\t"                                                           \
    "smmlar " a ", " a ", " m ", " t "\n\t"
/* Without a register for t; high products of 0 are rounded alike whatever their sign. */
#define MOTE_CHAIN_SCALE_HERE(a, m, c)                                                               \
    "smmulr " a ", " a ", " m "\n\t"                                                                 \
    "add " a ", " a ", " a ", asr #31\n\t"                                                           \
    "add " a ", " a ", " c "\n\t"
#endif
#define MOTE_CHAIN_SHIFT(a) "asr " a ", " a ", lr\n\tssat " a ", #8, " a ", asr #1\n\t"
#define MOTE_CHAIN_FINISH(a, b, c, m, zero, t)                                                       \
    MOTE_CHAIN_SCALE(a, m, zero, t) MOTE_CHAIN_SCALE(b, m, zero, t) MOTE_CHAIN_SCALE(c, m, zero, t)  \
    MOTE_CHAIN_SHIFT(a) MOTE_CHAIN_SHIFT(b) MOTE_CHAIN_SHIFT(c)
#define MOTE_CHAIN_STORE(a, b, c)                                                                    \
    "add lr, r2, lr, lsr #8\n\t"                                                                     \
    "strb " a ", [lr]\n\t"                                                                           \
    "strb " b ", [lr, r8]\n\t"                                                                       \
    "strb " c ", [lr, r10]\n\t"

__attribute__((naked, noinline, unused)) static void
mote_chain(__attribute__((unused)) const mote_chain_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        MOTE_CHAIN_PIECES
        MOTE_CHAIN_PART("r0", "r1", "r2", "r3", "r10", "lr", "#40")
        MOTE_CHAIN_CHANNEL("r8", "r2")
        MOTE_CHAIN_SCALE_HERE("r10", "r8", "r2")
        MOTE_CHAIN_SCALE_HERE("r0", "r8", "r2")
        MOTE_CHAIN_SCALE_HERE("r12", "r8", "r2")
        MOTE_CHAIN_SHIFT("r10") MOTE_CHAIN_SHIFT("r0") MOTE_CHAIN_SHIFT("r12")
        /* r2 y, r8 from pixel 0 to 1; r10 will be from pixel 0 to 2. */
        "ldr r2, [sp, #12]\n\t"
        "ldr r8, [sp, #16]\n\t"
        "add lr, r2, lr, lsr #8\n\t"
        "strb r10, [lr]\n\t"
        "ldr r10, [sp, #20]\n\t"
        "strb r0, [lr, r8]\n\t"
        "strb r12, [lr, r10]\n\t"
        MOTE_CHAIN_CHANNEL("r0", "r12")
        MOTE_CHAIN_FINISH("r11", "r1", "r3", "r0", "r12", "r10")
#if !MOTE_SINGLE && !MOTE_POSITIVE
        "ldr r10, [sp, #20]\n\t"
#endif
        MOTE_CHAIN_STORE("r11", "r1", "r3")
        MOTE_CHAIN_PART("r4", "r5", "r6", "r7", "r0", "r1", "#64")
        MOTE_CHAIN_CHANNEL("r6", "r3")
        MOTE_CHAIN_FINISH("r0", "r4", "r12", "r6", "r3", "r1")
        MOTE_CHAIN_STORE("r0", "r4", "r12")
        MOTE_CHAIN_CHANNEL("r6", "r3")
        MOTE_CHAIN_FINISH("r11", "r5", "r7", "r6", "r3", "r1")
        MOTE_CHAIN_STORE("r11", "r5", "r7")
        "ldr r12, [sp, #28]\n\t"
        "cmp r9, r12\n\t"
        "bne 1b\n\t"
        "add sp, sp, " MOTE_CHAIN_STACK "\n\t"
        "pop {r4-r11, pc}\n\t"
        MOTE_CHAIN_ONE);
}

#else

static inline uint64_t mote_smlal(uint32_t a, int32_t b, uint64_t sum)
{
    return sum + (uint64_t)((int64_t)(int32_t)a * b);
}

/* Slot 0 or 1 of a sum, or the third one, which has a sign. */
static inline int32_t mote_slot(uint64_t sum, int slot)
{
    const int32_t low = (int32_t)(sum >> (slot * MOTE_SLOT) & ((1u << MOTE_SLOT) - 1u));
    return slot < 2 ? low : (int32_t)(uint32_t)(sum >> 32) >> (2 * MOTE_SLOT - 32);
}

/* Twice the sums of a channel become its results. */
static inline void mote_chain_result(const mote_chain_job *job, const int32_t *channel, const int32_t *twice)
{
    const int right = (channel[1] & 255) + 1;
    const int32_t offset = job->zero * (1 << (right - 1));
    int8_t *y = job->y + (channel[1] >> 8);
    y[0] = (int8_t)mote_finish(twice[0], channel[0], offset, right, !MOTE_SINGLE);
    y[job->y_1] = (int8_t)mote_finish(twice[1], channel[0], offset, right, !MOTE_SINGLE);
    y[job->y_2] = (int8_t)mote_finish(twice[2], channel[0], offset, right, !MOTE_SINGLE);
}

/* The pieces of four channels: the sums of their slots, and the weights behind them. */
static inline const int32_t *mote_chain_slots(const mote_chain_job *job, const int32_t *w, int32_t slots[2][2][3])
{
    const uint32_t *x = job->x;
    do {
        const uint32_t *end = job->x_end;
        uint64_t sums[2][2];
#if MOTE_SPLIT
        if (job->piece_bytes / 4 < (uint32_t)(end - x))
            end = x + job->piece_bytes / 4;
#endif
        for (int i = 0; i < 4; i++) {
            const int32_t *start = w + (MOTE_PACKED ? 2 * i : i / 2 * 2);
            sums[i / 2][i % 2] = (uint64_t)(uint32_t)start[1] << 32 | (uint32_t)start[0];
        }
        for (w += MOTE_PACKED ? 8 : 4; x != end; x += MOTE_PACKED ? 1 : 2, w += 2) {
#if MOTE_PACKED
            const uint32_t words[2] = {mote_packed_first(*x), *x};
#else
            const uint32_t *words = x;
#endif
            for (int i = 0; i < 4; i++)
                sums[i / 2][i % 2] = mote_smlal(words[i % 2], w[i / 2], sums[i / 2][i % 2]);
        }
        for (int pair = 0; pair < 2; pair++) {
#if MOTE_PACKED
            sums[pair][1] = mote_packed_clean(sums[pair][0], sums[pair][1]);
#endif
            for (int i = 0; i < 6; i++)
                slots[pair][i / 3][i % 3] += mote_slot(sums[pair][i / 3], i % 3);
        }
    } while (x != job->x_end);
    return w;
}

static inline void mote_chain(const mote_chain_job *job)
{
    const int32_t *w = job->weights;
    while (w != job->weights_end) {
        int32_t slots[2][2][3] = {{{0}}};
        w = mote_chain_slots(job, w, slots);
        for (int pair = 0; pair < 2; pair++) {
            const int32_t *first = slots[pair][0], *second = slots[pair][1];
            const int32_t offset = *w++, factor = MOTE_SPLIT ? 2 : 1, bias = MOTE_SPLIT ? *w++ : 0;
            const int32_t a2 = second[1] - first[2];
            const int32_t a[3] = {2 * first[0] - offset, 2 * second[0] - offset, 2 * a2 - offset};
            const int32_t b[3] = {factor * (first[1] - second[0]) + bias, factor * first[2] + bias,
                                  factor * second[2] + bias};
            mote_chain_result(job, w, a);
            mote_chain_result(job, w + 2, b);
            w += 4;
        }
    }
}

#endif

#endif
