/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the chained convolutions whose requantisation is a line: windows of 3 pixels, packed into
 * words, times the output channels, four at a time, with three multiply-accumulates in each SMLAL.
 *
 * Two values lie 21 bits apart in one word: x0 + x1 * 2^21 and x1 + x2 * 2^21 of three pixels, and wA + wB * 2^21
 * of two channels. The products of words, summed over the taps, have three slots:
 *     first word:  x0.A + offset,  x1.A + x0.B + offset,  x1.B
 *     second word: x1.A + offset,  x2.A + x1.B + offset,  x2.B
 * (biases included), from which differences give all six sums, those of A with the offset. A result is
 *     y = saturate((sum * multiplier / 2^32 + constant) >> MOTE_LINE_SHIFT), both rounded down,
 * with numbers for which that is the layer's requantisation of every sum that occurs.
 *
 * Exact: 64-bit sums wrap around, and in the end the first two slots are in [0, 2^21[, the third in
 * [-2^21, 2^21[; lower/chain_affine.py proves it for every pair of channels, for any three pixels, and that the
 * line rounds every sum of a channel as the layer does.
 *
 * MOTE_WIDE: sums of each channel fill a slot alone, those of A and of B with an offset each. The second slot then
 * carries into the third one; but A of its pixel stands in the first slot of the other word, from which it is
 * subtracted 21 bits up, as then B from the second word: what is left has every sum in a slot of its own.
 *
 * Exact, there: A and B with their offsets are in [0, 2^21[, as lower/chain_affine.py proves.
 *
 * MOTE_DUAL: loads and multiplications alternate; taps are a multiple of 4. */
#ifndef MOTE_CHAIN_AFFINE_H
#define MOTE_CHAIN_AFFINE_H

#ifndef MOTE_DUAL
#define MOTE_DUAL 0
#endif
#ifndef MOTE_WIDE
#define MOTE_WIDE 0
#endif
#if MOTE_WIDE && MOTE_DUAL
#define mote_chain_lines mote_chain_lines_wide_dual
#elif MOTE_WIDE
#define mote_chain_lines mote_chain_lines_wide
#elif MOTE_DUAL
#define mote_chain_lines mote_chain_lines_dual
#endif

#include "mote_dsp.h"

#define MOTE_LINE_SLOT 21 /* bits */
#define MOTE_LINE_SHIFT 4
#define MOTE_LINE_SHIFT_TEXT "4"

/* Windows that lie at one distance from each other. The assembly knows the order of the fields. */
typedef struct {
    uint32_t *x;           /* [taps][2 words]: where the words of three windows go */
    const uint32_t *x_end;
    uint32_t enter;        /* 32 * (-taps modulo 16): bytes of the taps that the first of rounds of 16 leaves out */
    int8_t *y;             /* channel 0 of the first pixel */
    uint32_t y_pixel;      /* bytes from pixel to pixel; 0: all three are the same */
    const int32_t *weights;
    const int32_t *weights_end; /* of each four channels A, B, C, D: first values of the sums, of A and B and of C
                                 * and D, 64 bits each; [taps] words of A and B and of C and D; then the
                                 * multiplier and constant of A, its place in y and 2^16 times the way from
                                 * there to B's, multiplier and constant of B and of C, the ways from B's place
                                 * to C's and from there to D's, multiplier and constant of D */
    uint32_t groups;            /* of three windows */
    const void *rows;           /* of the first window: pointers; where base is not null, 32-bit offsets from it.
                                 * None, rows_end, where words lie ready: those of the first three windows step_1
                                 * bytes behind x, those of each next three as far behind these */
    const void *rows_end;
    uint32_t at;                /* where it starts in each */
    uint32_t step_1, step_2;    /* from there to the second and third window */
    uint32_t row_taps;          /* bytes of a row of a window */
    const int8_t *base;
    uint32_t y_group; /* bytes from the first pixel of three windows to that of the next three */
} mote_line_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Packs two taps. Registers: r0 to, r1-r3 pixels; r4-r9 free. */
#define MOTE_LINE_PACK_2                                                                             \
    "ldrsb r4, [r1], #1\n\t"                                                                         \
    "ldrsb r5, [r1], #1\n\t"                                                                         \
    "ldrsb r6, [r2], #1\n\t"                                                                         \
    "ldrsb r7, [r2], #1\n\t"                                                                         \
    "ldrsb r8, [r3], #1\n\t"                                                                         \
    "ldrsb r9, [r3], #1\n\t"                                                                         \
    "add r4, r4, r6, lsl #21\n\t"                                                                    \
    "add r6, r6, r8, lsl #21\n\t"                                                                    \
    "add r5, r5, r7, lsl #21\n\t"                                                                    \
    "add r7, r7, r9, lsl #21\n\t"                                                                    \
    "str r4, [r0], #16\n\t"                                                                          \
    "str r6, [r0, #-12]\n\t"                                                                         \
    "str r5, [r0, #-8]\n\t"                                                                          \
    "str r7, [r0, #-4]\n\t"

/* A tap. Registers: r0-r7 sums, r8 x, r9 weights; r10-r12, lr free. */
#define MOTE_LINE_TAP                                                                                \
    "ldr r10, [r8], #8\n\t"                                                                          \
    "ldr r11, [r8, #-4]\n\t"                                                                         \
    "ldr r12, [r9], #8\n\t"                                                                          \
    "ldr lr, [r9, #-4]\n\t"                                                                          \
    "smlal r0, r1, r10, r12\n\t"                                                                     \
    "smlal r2, r3, r11, r12\n\t"                                                                     \
    "smlal r4, r5, r10, lr\n\t"                                                                      \
    "smlal r6, r7, r11, lr\n\t"
#if MOTE_DUAL
/* The four products of a tap, from whose words others are loaded as soon as nothing needs them: on a core that issues
 * two instructions at once, a multiplication and a load. */
#define MOTE_LINE_PRODUCTS(load_w, load_x, load_others)                                              \
    "smlal r0, r1, r10, r12\n\t"                                                                     \
    "smlal r2, r3, r11, r12\n\t" load_w                                                             \
    "smlal r4, r5, r10, lr\n\t" load_x                                                              \
    "smlal r6, r7, r11, lr\n\t" load_others
/* A tap whose words are there, and the words of the next one. */
#define MOTE_LINE_TAP_BEFORE(at, at_2)                                                               \
    MOTE_LINE_PRODUCTS("ldr r12, [r9, #" at "]\n\t", "ldr r10, [r8, #" at "]\n\t",                   \
                       "ldr r11, [r8, #" at_2 "]\n\tldr lr, [r9, #" at_2 "]\n\t")
#define MOTE_LINE_4_TAPS                                                                             \
    "ldr r10, [r8], #32\n\t"                                                                         \
    "ldr r12, [r9], #32\n\t"                                                                         \
    "ldr r11, [r8, #-28]\n\t"                                                                        \
    "ldr lr, [r9, #-28]\n\t"                                                                         \
    MOTE_LINE_TAP_BEFORE("-24", "-20")                                                               \
    MOTE_LINE_TAP_BEFORE("-16", "-12")                                                               \
    MOTE_LINE_TAP_BEFORE("-8", "-4")                                                                 \
    MOTE_LINE_PRODUCTS("", "", "")
#else
#define MOTE_LINE_4_TAPS MOTE_LINE_TAP MOTE_LINE_TAP MOTE_LINE_TAP MOTE_LINE_TAP
#endif

/* From the sums l1, h1 and l2, h2 of two words to those of A in r10, r12, l1 and of B in r11, h1, h2. */
#if MOTE_WIDE
#define MOTE_LINE_SUMS(l1, h1, l2, h2)                                                               \
    "ubfx r10, " l1 ", #0, #21\n\t"                                                                  \
    "ubfx r12, " l2 ", #0, #21\n\t"                                                                  \
    "subs " l1 ", " l1 ", r12, lsl #21\n\t"                                                          \
    "sbc " h1 ", " h1 ", r12, lsr #11\n\t"                                                           \
    "lsr r11, " l1 ", #21\n\t"                                                                       \
    "bfi r11, " h1 ", #11, #10\n\t"                                                                  \
    "asrs " h1 ", " h1 ", #10\n\t"                                                                   \
    "subs " l2 ", " l2 ", " h1 ", lsl #21\n\t"                                                       \
    "sbc " h2 ", " h2 ", " h1 ", lsr #11\n\t"                                                        \
    "lsr " l1 ", " l2 ", #21\n\t"                                                                    \
    "bfi " l1 ", " h2 ", #11, #10\n\t"                                                               \
    "asrs " h2 ", " h2 ", #10\n\t"
#else
#define MOTE_LINE_SUMS(l1, h1, l2, h2)                                                               \
    "ubfx r10, " l1 ", #0, #21\n\t"                                                                  \
    "lsr r11, " l1 ", #21\n\t"                                                                       \
    "bfi r11, " h1 ", #11, #10\n\t"                                                                  \
    "asrs " h1 ", " h1 ", #10\n\t"                                                                   \
    "ubfx r12, " l2 ", #0, #21\n\t"                                                                  \
    "lsr " l1 ", " l2 ", #21\n\t"                                                                    \
    "bfi " l1 ", " h2 ", #11, #10\n\t"                                                               \
    "asrs " h2 ", " h2 ", #10\n\t"                                                                   \
    "sub r11, r11, r12\n\t"                                                                          \
    "sub " l1 ", " l1 ", " h1 "\n\t"
#endif

/* The results of three pixels, from sums a, b, c. */
#define MOTE_LINE_RESULTS(a, b, c, multiplier, constant)                                             \
    "smmla " a ", " a ", " multiplier ", " constant "\n\t"                                           \
    "smmla " b ", " b ", " multiplier ", " constant "\n\t"                                           \
    "smmla " c ", " c ", " multiplier ", " constant "\n\t"                                           \
    "ssat " a ", #8, " a ", asr #" MOTE_LINE_SHIFT_TEXT "\n\t"                                       \
    "ssat " b ", #8, " b ", asr #" MOTE_LINE_SHIFT_TEXT "\n\t"                                       \
    "ssat " c ", #8, " c ", asr #" MOTE_LINE_SHIFT_TEXT "\n\t"

/* To pixel 0 at y, the others lr bytes apart. */
#define MOTE_LINE_STORE(a, b, c, y)                                                                  \
    "strb " a ", [" y "]\n\t"                                                                        \
    "strb " b ", [" y ", lr]\n\t"                                                                    \
    "strb " c ", [" y ", lr, lsl #1]\n\t"

MOTE_SHARED __attribute__((naked)) void
mote_chain_lines(__attribute__((unused)) const mote_line_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "add r0, r0, #32\n\t"
        "ldm r0, {r1-r8}\n\t"
        "push {r1-r8}\n\t"
        "sub r0, r0, #32\n\t"
        "ldm r0, {r1-r8}\n\t"
        "push {r1-r8}\n\t"
        /* A group of windows: r0 to, r10 and r11 its rows, r12 where it starts in them. */
        ".balign 4\n\t"
        "1: ldr r0, [sp]\n\t"
        "ldr r10, [sp, #32]\n\t"
        "ldr r11, [sp, #36]\n\t"
        "ldr r12, [sp, #40]\n\t"
        "ldr r1, [sp, #56]\n\t"
        "cmp r10, r11\n\t"
        "beq 9f\n\t"
        "add r12, r12, r1\n\t"
        /* A row of them: one tap or none, two or none, then fours. */
        "2: ldr r1, [r10], #4\n\t"
        "ldr r2, [sp, #44]\n\t"
        "ldr r3, [sp, #48]\n\t"
        "ldr lr, [sp, #52]\n\t"
        "add r1, r1, r12\n\t"
        "add r2, r2, r1\n\t"
        "add r3, r3, r1\n\t"
        "lsls r4, lr, #31\n\t"
        "add lr, lr, r1\n\t"
        "bpl 3f\n\t"
        "ldrsb r4, [r1], #1\n\t"
        "ldrsb r6, [r2], #1\n\t"
        "ldrsb r8, [r3], #1\n\t"
        "add r4, r4, r6, lsl #21\n\t"
        "add r6, r6, r8, lsl #21\n\t"
        "str r4, [r0], #8\n\t"
        "str r6, [r0, #-4]\n\t"
        "3: bcc 4f\n\t" MOTE_LINE_PACK_2
        "4: cmp r1, lr\n\t"
        "beq 6f\n\t"
        ".balign 4\n\t"
        "5:\n\t" MOTE_LINE_PACK_2 MOTE_LINE_PACK_2
        "cmp r1, lr\n\t"
        "bne 5b\n\t"
        "6: cmp r10, r11\n\t"
        "bne 2b\n\t"
        "10: ldr r9, [sp, #20]\n\t"
        /* Four channels. Sixteen taps a round, of which the first one may leave out some. */
        ".balign 4\n\t"
        "7: ldr r8, [sp]\n\t"
        "ldr r12, [sp, #8]\n\t"
        "ldr r0, [r9], #16\n\t"
        "ldr r1, [r9, #-12]\n\t"
        "ldr r4, [r9, #-8]\n\t"
        "ldr r5, [r9, #-4]\n\t"
        "mov r2, r0\n\t"
        "mov r3, r1\n\t"
        "mov r6, r4\n\t"
        "mov r7, r5\n\t"
        ".balign 4\n\t"
        "add pc, r12\n\t"
        "nop\n\t"
        "8:\n\t" MOTE_LINE_4_TAPS MOTE_LINE_4_TAPS MOTE_LINE_4_TAPS MOTE_LINE_4_TAPS
        "ldr r12, [sp, #4]\n\t"
        "cmp r8, r12\n\t"
        "bne 8b\n\t"
        MOTE_LINE_SUMS("r0", "r1", "r2", "r3")
        "ldr r2, [r9], #40\n\t"
        "ldr r8, [r9, #-36]\n\t"
        MOTE_LINE_RESULTS("r10", "r12", "r0", "r2", "r8")
        /* r2 and r8 channels A and B of pixel 0, lr from pixel to pixel. */
        "ldr r2, [sp, #12]\n\t"
        "ldr r8, [r9, #-32]\n\t"
        "ldr lr, [sp, #16]\n\t"
        "uxtah r2, r2, r8\n\t"
        "sxtah r8, r2, r8, ror #16\n\t"
        MOTE_LINE_STORE("r10", "r12", "r0", "r2")
        "ldr r0, [r9, #-28]\n\t"
        "ldr r2, [r9, #-24]\n\t"
        MOTE_LINE_RESULTS("r11", "r1", "r3", "r0", "r2")
        MOTE_LINE_STORE("r11", "r1", "r3", "r8")
        "ldr r0, [r9, #-20]\n\t"
        "ldr r1, [r9, #-16]\n\t"
        "ldr r2, [r9, #-12]\n\t"
        "ldr r3, [r9, #-8]\n\t"
        MOTE_LINE_SUMS("r4", "r5", "r6", "r7")
        MOTE_LINE_RESULTS("r10", "r12", "r4", "r0", "r1")
        "sxtah r8, r8, r2\n\t"
        MOTE_LINE_STORE("r10", "r12", "r4", "r8")
        "ldr r0, [r9, #-4]\n\t"
        "sxtah r8, r8, r2, ror #16\n\t"
        MOTE_LINE_RESULTS("r11", "r5", "r7", "r3", "r0")
        MOTE_LINE_STORE("r11", "r5", "r7", "r8")
        "ldr r12, [sp, #24]\n\t"
        "cmp r9, r12\n\t"
        "bne 7b\n\t"
        /* The next group. */
        "ldr r0, [sp, #28]\n\t"
        "ldr r1, [sp, #40]\n\t"
        "ldr r2, [sp, #44]\n\t"
        "ldr r3, [sp, #12]\n\t"
        "ldr r4, [sp, #60]\n\t"
        "add r2, r2, r2, lsl #1\n\t"
        "add r1, r1, r2\n\t"
        "add r3, r3, r4\n\t"
        "str r1, [sp, #40]\n\t"
        "str r3, [sp, #12]\n\t"
        "subs r0, r0, #1\n\t"
        "str r0, [sp, #28]\n\t"
        "bne 1b\n\t"
        "add sp, sp, #64\n\t"
        "pop {r4-r11, pc}\n\t"
        /* The next words that lie ready. */
        "9: ldr r1, [sp, #4]\n\t"
        "ldr r2, [sp, #44]\n\t"
        "add r0, r0, r2\n\t"
        "add r1, r1, r2\n\t"
        "str r0, [sp]\n\t"
        "str r1, [sp, #4]\n\t"
        "b 10b\n\t");
}

#else

/* Slot 0 or 1 of a sum, or the third one, which has a sign. */
static inline int32_t mote_line_slot(uint64_t sum, int slot)
{
    const int32_t low = (int32_t)(sum >> (slot * MOTE_LINE_SLOT) & ((1u << MOTE_LINE_SLOT) - 1u));
    return slot < 2 ? low : (int32_t)(uint32_t)(sum >> 32) >> (2 * MOTE_LINE_SLOT - 32);
}

static inline void mote_line_results(const mote_line_job *job, int8_t *y, const int32_t *line, const int32_t *sums)
{
    for (uint32_t i = 0; i < 3; i++)
        y[i * job->y_pixel] = (int8_t)mote_ssat8(mote_smmla(sums[i], line[0], line[1]) >> MOTE_LINE_SHIFT);
}

/* The sums of two channels, of three pixels each. */
static inline void mote_line_sums(const uint32_t *x, uint32_t taps, const int32_t *w, uint64_t start,
                                  int32_t *a, int32_t *b)
{
    uint64_t sum[2] = {start, start};
    for (const uint32_t *end = x + 2 * taps; x != end; x += 2, w += 2)
        for (int i = 0; i < 2; i++)
            sum[i] += (uint64_t)((int64_t)(int32_t)x[i] * *w);
    a[0] = mote_line_slot(sum[0], 0);
    a[1] = mote_line_slot(sum[1], 0);
#if MOTE_WIDE
    sum[0] -= (uint64_t)a[1] << MOTE_LINE_SLOT;
    b[0] = mote_line_slot(sum[0], 1);
    b[1] = mote_line_slot(sum[0], 2);
    sum[1] -= (uint64_t)b[1] << MOTE_LINE_SLOT;
    a[2] = mote_line_slot(sum[1], 1);
    b[2] = mote_line_slot(sum[1], 2);
#else
    b[1] = mote_line_slot(sum[0], 2);
    b[2] = mote_line_slot(sum[1], 2);
    b[0] = mote_line_slot(sum[0], 1) - a[1];
    a[2] = mote_line_slot(sum[1], 1) - b[1];
#endif
}

static inline void mote_chain_lines(const mote_line_job *job)
{
    int8_t *y = job->y;
    const uint32_t taps = (uint32_t)(job->x_end - job->x) / 2;
    const uint32_t *words = job->x;
    uint32_t at = job->at;
    for (uint32_t group = 0; group < job->groups; group++, at += 3 * job->step_1, y += job->y_group) {
        uint32_t *to = job->x;
        if (job->rows == job->rows_end)
            words += job->step_1 / sizeof *words;
        for (const void *row = job->rows; row != job->rows_end;) {
            const int8_t *x;
            if (job->base) {
                const uint32_t *offset = row;
                x = job->base + *offset++ + at;
                row = offset;
            } else {
                const int8_t *const *pointer = row;
                x = *pointer++ + at;
                row = pointer;
            }
            for (uint32_t i = 0; i < job->row_taps; i++, x++) {
                *to++ = (uint32_t)x[0] + ((uint32_t)x[job->step_1] << MOTE_LINE_SLOT);
                *to++ = (uint32_t)x[job->step_1] + ((uint32_t)x[job->step_2] << MOTE_LINE_SLOT);
            }
        }
        for (const int32_t *w = job->weights; w != job->weights_end; w += 14 + 2 * taps) {
            const int32_t *table = w + 4 + 2 * taps;
            int32_t a[3], b[3], c[3], d[3];
            int8_t *place = y + (table[2] & 0xffff);
            mote_line_sums(words, taps, w + 4, (uint64_t)(uint32_t)w[1] << 32 | (uint32_t)w[0], a, b);
            mote_line_sums(words, taps, w + 5, (uint64_t)(uint32_t)w[3] << 32 | (uint32_t)w[2], c, d);
            mote_line_results(job, place, table, a);
            mote_line_results(job, place += table[2] >> 16, table + 3, b);
            mote_line_results(job, place += (int16_t)(uint16_t)(table[7] & 0xffff), table + 5, c);
            mote_line_results(job, place += table[7] >> 16, table + 8, d);
        }
    }
}

#endif

#endif
