/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the DSP depthwise convolution of any window: one channel, in blocks of four neighbouring
 * results.
 *
 * x and the weights are words of two int16 that lie one above the other in the window, so that an SMLAD is two
 * taps. Results of a block are next to each other: of a row of the window with K taps, each word of x is read
 * once and meets the weights of up to four results, K + 3 words of x and K of weights for 4 * K SMLAD. With a
 * step of two, words of x in even and in odd places are two such rows.
 *
 * Weights and bias are doubled, and x is given less its zero point. MOTE_SINGLE selects single rounding.
 * No overflow: |2 * sum| < 2^31, checked at compile time; on the way sums wrap around. */
#ifndef MOTE_DEPTHWISE_TAPS_H
#define MOTE_DEPTHWISE_TAPS_H

#include "mote_dsp.h"

#ifndef MOTE_SINGLE
#define MOTE_SINGLE 0
#endif

/* Four results. The assembly knows the order of the fields. Places in scratch are addresses for it, else what
 * mote_place_of makes of them, as four bytes hold that everywhere. */
typedef struct {
    int32_t y;     /* from that of the job */
    uint32_t rows; /* of words, less one, in the upper half; bytes from one to the next in the lower one */
    uint32_t x;    /* first word of the upper two rows of the window that lie in the image */
    uint32_t w;    /* the weights that meet them; at least one row */
} mote_taps_block;

/* One channel. The assembly knows the order of the fields. */
typedef struct {
    int32_t multiplier;
    int32_t offset;               /* (2 * y_zero + 1) << (right - 1) */
    int32_t right;
    int32_t y_3, y_2, y_1;        /* from the first result of a block; 0: there is none */
    const mote_taps_block *block; /* the next one */
    const mote_taps_block *end;
    int32_t bias;
    uint32_t form;                /* (taps in a row of a chunk - 1) / 2, plus 4 with a step of two words */
    int8_t *y;
    uint32_t more;                /* chunks of columns besides the first */
    uint32_t x_chunk, w_chunk;    /* bytes from one to the next */
    uint32_t x;                   /* bytes that all words of x are on from their places */
    const uint32_t *scratch;      /* where places count from; not for the assembly */
} mote_taps_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

static inline uint32_t mote_place_of(const mote_taps_job *job, const uint32_t *word)
{
    (void)job;
    return (uint32_t)(uintptr_t)word;
}

/* Registers: r0-r3 sums, r4-r7 up to four weights that are still needed, r8 rows of the block that are left, r9-r11
 * words of x, r12 x, lr weights. The stack holds the job, y and how many chunks are done. */
#define MOTE_MAC(a, x, w) "smlad " #a ", " #x ", " #w ", " #a "\n\t"
#define MOTE_W(list) "ldm lr!, {" list "}\n\t"
/* Word c of x, in steps of s bytes from byte b on. */
#define MOTE_X(x, c, b, s) "ldr " #x ", [r12, #(" #c " * " #s " + " #b ")]\n\t"

#define MOTE_TAPS_1(b, s)                                                                            \
    MOTE_W("r4") MOTE_X(r7, 0, b, s) MOTE_X(r9, 1, b, s) MOTE_X(r10, 2, b, s) MOTE_X(r11, 3, b, s)   \
    MOTE_MAC(r0, r7, r4) MOTE_MAC(r1, r9, r4) MOTE_MAC(r2, r10, r4) MOTE_MAC(r3, r11, r4)

#define MOTE_TAPS_2(b, s)                                                                            \
    MOTE_W("r4, r5") MOTE_X(r6, 0, b, s) MOTE_X(r7, 1, b, s) MOTE_X(r9, 2, b, s)                     \
    MOTE_X(r10, 3, b, s) MOTE_X(r11, 4, b, s)                                                        \
    MOTE_MAC(r0, r6, r4) MOTE_MAC(r1, r7, r4) MOTE_MAC(r2, r9, r4) MOTE_MAC(r3, r10, r4)             \
    MOTE_MAC(r0, r7, r5) MOTE_MAC(r1, r9, r5) MOTE_MAC(r2, r10, r5) MOTE_MAC(r3, r11, r5)

/* The first three words meet the first three weights. */
#define MOTE_TAPS_START(b, s)                                                                        \
    MOTE_MAC(r0, r9, r4) MOTE_MAC(r0, r10, r5) MOTE_MAC(r1, r10, r4)                                 \
    MOTE_MAC(r0, r11, r6) MOTE_MAC(r1, r11, r5) MOTE_MAC(r2, r11, r4)

/* A word in the middle meets four weights, the earliest one last. */
#define MOTE_TAPS_WORD(x, w3, w2, w1, w0)                                                            \
    MOTE_MAC(r0, x, w3) MOTE_MAC(r1, x, w2) MOTE_MAC(r2, x, w1) MOTE_MAC(r3, x, w0)

/* The last three words meet the last three weights. */
#define MOTE_TAPS_LAST(x0, x1, x2, w0, w1, w2)                                                       \
    MOTE_MAC(r1, x0, w2) MOTE_MAC(r2, x0, w1) MOTE_MAC(r3, x0, w0)                                   \
    MOTE_MAC(r2, x1, w2) MOTE_MAC(r3, x1, w1) MOTE_MAC(r3, x2, w2)
#define MOTE_TAPS_END(c0, c1, c2, b, s, w0, w1, w2)                                                  \
    MOTE_X(r9, c0, b, s) MOTE_X(r10, c1, b, s) MOTE_X(r11, c2, b, s)                                 \
    MOTE_TAPS_LAST(r9, r10, r11, w0, w1, w2)

#define MOTE_TAPS_FIRST(b, s, list)                                                                  \
    MOTE_W(list) MOTE_X(r9, 0, b, s) MOTE_X(r10, 1, b, s) MOTE_X(r11, 2, b, s) MOTE_TAPS_START(b, s)

#define MOTE_TAPS_3(b, s)                                                                            \
    MOTE_TAPS_FIRST(b, s, "r4-r6") MOTE_TAPS_END(3, 4, 5, b, s, r4, r5, r6)

#define MOTE_TAPS_FIRST_4(b, s)                                                                      \
    MOTE_TAPS_FIRST(b, s, "r4-r7") MOTE_X(r9, 3, b, s) MOTE_TAPS_WORD(r9, r7, r6, r5, r4)

#define MOTE_TAPS_4(b, s) MOTE_TAPS_FIRST_4(b, s) MOTE_TAPS_END(4, 5, 6, b, s, r5, r6, r7)

#define MOTE_TAPS_5(b, s)                                                                            \
    MOTE_TAPS_FIRST_4(b, s)                                                                          \
    MOTE_W("r4") MOTE_X(r9, 4, b, s) MOTE_X(r10, 5, b, s) MOTE_X(r11, 6, b, s)                       \
    MOTE_TAPS_WORD(r9, r4, r7, r6, r5) MOTE_X(r9, 7, b, s) MOTE_TAPS_LAST(r10, r11, r9, r6, r7, r4)

#define MOTE_TAPS_7(b, s)                                                                            \
    MOTE_TAPS_FIRST_4(b, s)                                                                          \
    MOTE_W("r4") MOTE_X(r9, 4, b, s) MOTE_TAPS_WORD(r9, r4, r7, r6, r5)                              \
    MOTE_W("r5") MOTE_X(r9, 5, b, s) MOTE_TAPS_WORD(r9, r5, r4, r7, r6)                              \
    MOTE_W("r6") MOTE_X(r9, 6, b, s) MOTE_X(r10, 7, b, s) MOTE_X(r11, 8, b, s)                       \
    MOTE_TAPS_WORD(r9, r6, r5, r4, r7) MOTE_X(r9, 9, b, s) MOTE_TAPS_LAST(r10, r11, r9, r4, r5, r6)

/* One form: rows of words up to the last. */
#define MOTE_TAPS_FORM(label, taps)                                                                  \
    ".balign 4\n\t" #label ":\n\t" taps                                                              \
    "uxtah r12, r12, r8\n\t"                                                                         \
    "subs r8, r8, #65536\n\t"                                                                        \
    "bpl " #label "b\n\t"                                                                            \
    "b 3f\n\t"

#if MOTE_SINGLE
#define MOTE_TAPS_SCALE(a) "smmla " #a ", " #a ", r5, r6\n\t"
#else
#define MOTE_TAPS_SCALE(a) "smmlar r4, " #a ", r5, r6\n\tadd " #a ", r4, " #a ", asr #31\n\t"
#endif
#define MOTE_TAPS_FINISH(a)                                                                          \
    MOTE_TAPS_SCALE(a) "asr " #a ", " #a ", r7\n\tssat " #a ", #8, " #a "\n\t"

__attribute__((naked, noinline, unused)) static void
mote_depthwise_taps(__attribute__((unused)) mote_taps_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "movs r2, #0\n\t"
        "push {r0, r1, r2}\n\t"
        "mov r12, r0\n\t"
        "ldr r4, [r0, #24]\n\t"
        ".balign 4\n\t"
        /* A block; r4 leads to it, r12 to the job. */
        "1: mov r11, r12\n\t"
        "ldm r4!, {r5, r8, r12, lr}\n\t"
        "str r4, [r11, #24]\n\t"
        "ldrd r0, r4, [r11, #32]\n\t"
        "ldr r7, [r11, #40]\n\t"
        "ldr r6, [r11, #56]\n\t"
        "mov r1, r0\n\t"
        "adds r7, r7, r5\n\t"
        "add r12, r12, r6\n\t"
        "str r7, [sp, #4]\n\t"
        "mov r2, r0\n\t"
        "mov r3, r0\n\t"
        "2: tbh [pc, r4, lsl #1]\n\t"
        "20: .hword (21f - 20b) / 2, (23f - 20b) / 2, (25f - 20b) / 2, (27f - 20b) / 2\n\t"
        ".hword (31f - 20b) / 2, (33f - 20b) / 2, (35f - 20b) / 2, (37f - 20b) / 2\n\t"
        MOTE_TAPS_FORM(21, MOTE_TAPS_1(0, 4))
        MOTE_TAPS_FORM(23, MOTE_TAPS_3(0, 4))
        MOTE_TAPS_FORM(25, MOTE_TAPS_5(0, 4))
        MOTE_TAPS_FORM(27, MOTE_TAPS_7(0, 4))
        MOTE_TAPS_FORM(31, MOTE_TAPS_1(0, 8))
        MOTE_TAPS_FORM(33, MOTE_TAPS_2(0, 8) MOTE_TAPS_1(4, 8))
        MOTE_TAPS_FORM(35, MOTE_TAPS_3(0, 8) MOTE_TAPS_2(4, 8))
        MOTE_TAPS_FORM(37, MOTE_TAPS_4(0, 8) MOTE_TAPS_3(4, 8))
        /* The next chunk of columns, if there is one; r12 the job. */
        "3: ldr r12, [sp]\n\t"
        "ldr r4, [r12, #44]\n\t"
        "cbnz r4, 5f\n\t"
        "4: ldr r11, [sp, #4]\n\t"
        "ldm r12, {r5-r10}\n\t"
        MOTE_TAPS_FINISH(r3) MOTE_TAPS_FINISH(r2) MOTE_TAPS_FINISH(r1) MOTE_TAPS_FINISH(r0)
        "strb r3, [r11, r8]\n\t"
        "strb r2, [r11, r9]\n\t"
        "strb r1, [r11, r10]\n\t"
        "strb r0, [r11]\n\t"
        "ldrd r4, r5, [r12, #24]\n\t"
        "cmp r4, r5\n\t"
        "bne 1b\n\t"
        "add sp, sp, #12\n\t"
        "pop {r4-r11, pc}\n\t"
        "5: ldr r5, [sp, #8]\n\t"
        "cmp r5, r4\n\t"
        "it eq\n\t"
        "moveq r6, #0\n\t"
        "beq 6f\n\t"
        "adds r6, r5, #1\n\t"
        "ldr r5, [r12, #24]\n\t"
        "ldrd r7, r9, [r12, #48]\n\t"
        "ldr r11, [r12, #56]\n\t"
        "ldr r8, [r5, #-12]\n\t"
        "ldrd r10, lr, [r5, #-8]\n\t"
        "ldr r4, [r12, #36]\n\t"
        "mla lr, r6, r9, lr\n\t"
        "mla r12, r6, r7, r10\n\t"
        "add r12, r12, r11\n\t"
        "str r6, [sp, #8]\n\t"
        "b 2b\n\t"
        "6: str r6, [sp, #8]\n\t"
        "b 4b\n\t");
}

#else

static inline uint32_t mote_place_of(const mote_taps_job *job, const uint32_t *word)
{
    return (uint32_t)(word - job->scratch) * 4;
}

static inline void mote_depthwise_taps(mote_taps_job *job)
{
    const uint32_t taps = 2 * (job->form & 3) + 1, step = 1 + (job->form >> 2);
    for (; job->block != job->end; job->block++) {
        const mote_taps_block *block = job->block;
        const int32_t places[4] = {0, job->y_1, job->y_2, job->y_3};
        int32_t sums[4] = {job->bias, job->bias, job->bias, job->bias};
        for (uint32_t chunk = 0; chunk <= job->more; chunk++) {
            const uint32_t *x = job->scratch + (block->x + job->x + chunk * job->x_chunk) / 4;
            const uint32_t *w = job->scratch + (block->w + chunk * job->w_chunk) / 4;
            for (uint32_t row = 0; row <= block->rows >> 16; row++, x += (block->rows & 0xffffu) / 4)
                for (uint32_t first = 0; first < step; first++)
                    for (uint32_t tap = first; tap < taps; tap += step, w++)
                        for (uint32_t i = 0; i < 4; i++)
                            sums[i] = mote_smlad(x[tap + i * step], *w, sums[i]);
        }
        for (int32_t i = 3; i >= 0; i--)
            job->y[block->y + places[i]] =
                (int8_t)mote_finish(sums[i], job->multiplier, job->offset, job->right, !MOTE_SINGLE);
    }
}

#endif

#endif
