/* SPDX-License-Identifier: Apache-2.0
 *
 * The DSP fully connected layer of one input vector: eight channels at a time, which share lanes in pairs
 * as mote_multiply_4.h explains. */
#ifndef MOTE_DOT_8_H
#define MOTE_DOT_8_H

#include "mote_multiply_4.h"

/* The assembly knows the order of the fields. A call moves weights, bias and y on to where it stopped. */
typedef struct {
    int32_t a[4];           /* sums 256 * A + B; wide: A */
    int32_t b[4];           /* sums B */
    const int8_t *x;
    const int8_t *x_end;    /* a positive multiple of 4 bytes after x */
    const int8_t *last_end; /* x_end, or the end of the last four inputs if they are apart from the others */
    const int8_t *weights;  /* [blocks][inputs / 4][4 pairs] of 8 bytes (4 bits: 4), 4-byte aligned */
    const int32_t *bias;    /* [blocks][8]: a, then b */
    uint32_t blocks;        /* of eight channels, at least 1; 1 when right is 0 */
    int32_t multiplier;
    int32_t offset;         /* (2 * y_zero + 1) << (right - 1) */
    int32_t right;          /* 0: leaves the sums in a and b, and y alone */
    int8_t *y;
} mote_dot_8_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0-r3 a, r4-r7 b, r8 x, r9 weights, r10 and r11 four inputs in lanes; r12 and lr free.
 * The stack holds the end of the inputs and the job's address. */
#if MOTE_NIBBLES
#define MOTE_PAIR_WORD_0 "ldr r12, [r9]\n\tand r12, r12, #0xF0F0F0F0\n\t"
#define MOTE_PAIR_WORD_1 "ldr r12, [r9], #4\n\tlsl r12, r12, #4\n\tand r12, r12, #0xF0F0F0F0\n\t"
#else
#define MOTE_PAIR_WORD_0 "ldr r12, [r9], #4\n\t"
#define MOTE_PAIR_WORD_1 MOTE_PAIR_WORD_0
#endif

#define MOTE_FOUR_INPUTS                                                                             \
    "sxtb16 r10, r11\n\t"                                                                            \
    "sxtb16 r11, r11, ror #8\n\t"

#if MOTE_WIDE
#define MOTE_TWO_TAPS_OF_PAIR(a, b, x, word)                                                         \
    word                                                                                             \
    "sxtb16 lr, r12\n\t"                                                                             \
    "sxtb16 r12, r12, ror #8\n\t"                                                                    \
    "smlad " #b ", lr, " #x ", " #b "\n\t"                                                           \
    "smlad " #a ", r12, " #x ", " #a "\n\t"
#define MOTE_FOUR_TAPS_OF_PAIR(a, b)                                                                 \
    MOTE_TWO_TAPS_OF_PAIR(a, b, r10, MOTE_PAIR_WORD_0)                                               \
    MOTE_TWO_TAPS_OF_PAIR(a, b, r11, MOTE_PAIR_WORD_1)
#define MOTE_FOUR_TAPS_OF_FIRST_PAIR                                                                 \
    "ldr r11, [r8], #4\n\t" MOTE_FOUR_INPUTS MOTE_FOUR_TAPS_OF_PAIR(r0, r4)
#else
#define MOTE_SUM_FOUR_TAPS(a, b)                                                                     \
    "smlad " #a ", r12, r10, " #a "\n\t"                                                             \
    "sxtb16 r12, r12\n\t"                                                                            \
    "smlad " #a ", lr, r11, " #a "\n\t"                                                              \
    "sxtb16 lr, lr\n\t"                                                                              \
    "smlad " #b ", r12, r10, " #b "\n\t"                                                             \
    "smlad " #b ", lr, r11, " #b "\n\t"
#define MOTE_FOUR_TAPS_OF_PAIR(a, b) "ldrd r12, lr, [r9], #8\n\t" MOTE_SUM_FOUR_TAPS(a, b)
/* Loads in a row overlap, LDRD does not. */
#define MOTE_FOUR_TAPS_OF_FIRST_PAIR                                                                 \
    "ldr r11, [r8], #4\n\t"                                                                          \
    "ldr r12, [r9], #4\n\t"                                                                          \
    "ldr lr, [r9], #4\n\t" MOTE_FOUR_INPUTS MOTE_SUM_FOUR_TAPS(r0, r4)
#endif

#define MOTE_FOUR_TAPS_OF_EIGHT                                                                      \
    MOTE_FOUR_TAPS_OF_FIRST_PAIR MOTE_FOUR_TAPS_OF_PAIR(r1, r5) MOTE_FOUR_TAPS_OF_PAIR(r2, r6)       \
        MOTE_FOUR_TAPS_OF_PAIR(r3, r7)

/* Two results; r10 multiplier, r11 offset, r12 right shift, r8 where they go. */
#define MOTE_FINISH_PAIR(a, b)                                                                       \
    MOTE_TWICE_A(a, b)                                                                               \
    MOTE_TWICE(b)                                                                                    \
    MOTE_FINISH(a)                                                                                   \
    MOTE_FINISH(b)                                                                                   \
    "asr " #a ", " #a ", r12\n\t"                                                                    \
    "asr " #b ", " #b ", r12\n\t"                                                                    \
    "ssat " #a ", #8, " #a "\n\t"                                                                    \
    "ssat " #b ", #8, " #b "\n\t"                                                                    \
    "strb " #a ", [r8], #1\n\t"                                                                      \
    "strb " #b ", [r8], #1\n\t"

__attribute__((naked, noinline, unused)) static void
mote_dot_8(__attribute__((unused)) mote_dot_8_job *job)
{
    __asm volatile(".syntax unified\n\t"
                   "push {r0, r4-r11, lr}\n\t"
                   "ldr r9, [r0, #44]\n\t"
                   "sub sp, sp, #4\n\t"
                   "mov lr, r0\n\t"
                   /* Eight channels: their biases; an odd number of fours starts in the middle. */
                   "1: ldr r10, [lr, #48]\n\t"
                   "ldr r8, [lr, #32]\n\t"
                   "ldr r12, [lr, #36]\n\t"
                   "ldm r10!, {r0-r7}\n\t"
                   "str r10, [lr, #48]\n\t"
                   "2: str r12, [sp]\n\t"
                   "sub r12, r12, r8\n\t"
                   "tst r12, #4\n\t"
                   "bne 4f\n\t"
                   ".balign 4\n\t"
                   "3:" MOTE_FOUR_TAPS_OF_EIGHT
                   "4:" MOTE_FOUR_TAPS_OF_EIGHT
                   "ldr r12, [sp]\n\t"
                   "cmp r8, r12\n\t"
                   "bne 3b\n\t"
                   /* The last four, if they are apart. */
                   "ldr lr, [sp, #4]\n\t"
                   "ldr r12, [lr, #40]\n\t"
                   "cmp r8, r12\n\t"
                   "sub r8, r12, #4\n\t"
                   "bne 2b\n\t"
                   "ldr r8, [lr, #68]\n\t"
                   "ldr r10, [lr, #56]\n\t"
                   "ldr r11, [lr, #60]\n\t"
                   "ldr r12, [lr, #64]\n\t"
                   "cmp r12, #0\n\t"
                   "beq 5f\n\t"
                   MOTE_FINISH_PAIR(r0, r4)
                   MOTE_FINISH_PAIR(r1, r5)
                   MOTE_FINISH_PAIR(r2, r6)
                   MOTE_FINISH_PAIR(r3, r7)
                   "ldr lr, [sp, #4]\n\t"
                   "str r8, [lr, #68]\n\t"
                   "ldr r12, [lr, #52]\n\t"
                   "subs r12, r12, #1\n\t"
                   "str r12, [lr, #52]\n\t"
                   "bne 1b\n\t"
                   "b 6f\n\t"
                   "5: stm lr, {r0-r7}\n\t"
                   "6: str r9, [lr, #44]\n\t"
                   "add sp, sp, #8\n\t"
                   "pop {r4-r11, pc}\n\t");
}

#else

static inline void mote_dot_8_four_taps(mote_dot_8_job *job, const int8_t *four)
{
    const uint32_t x = mote_read32(four), x0 = mote_sxtb16(x), x1 = mote_sxtb16_ror8(x);
    for (uint32_t pair = 0; pair < 4; pair++, job->weights += MOTE_FOUR_TAPS_BYTES) {
        uint32_t w0 = mote_weight_word(job->weights, 0), w1 = mote_weight_word(job->weights, 1);
        job->a[pair] = mote_smlad(mote_lanes_a(w0), x0, job->a[pair]);
        job->a[pair] = mote_smlad(mote_lanes_a(w1), x1, job->a[pair]);
        job->b[pair] = mote_smlad(mote_sxtb16(w0), x0, job->b[pair]);
        job->b[pair] = mote_smlad(mote_sxtb16(w1), x1, job->b[pair]);
    }
}

static inline int8_t mote_dot_8_finish(const mote_dot_8_job *job, int32_t twice)
{
    return (int8_t)mote_finish(twice, job->multiplier, job->offset, job->right, !MOTE_SINGLE);
}

static inline void mote_dot_8(mote_dot_8_job *job)
{
    do {
        memcpy(job->a, job->bias, sizeof job->a);
        memcpy(job->b, job->bias + 4, sizeof job->b);
        job->bias += 8;
        for (const int8_t *x = job->x; x != job->x_end; x += 4)
            mote_dot_8_four_taps(job, x);
        if (job->last_end != job->x_end)
            mote_dot_8_four_taps(job, job->last_end - 4);
        if (!job->right)
            return;
        for (uint32_t pair = 0; pair < 4; pair++) {
            *job->y++ = mote_dot_8_finish(job, mote_twice_a(job->a[pair], job->b[pair]));
            *job->y++ = mote_dot_8_finish(job, mote_twice(job->b[pair]));
        }
    } while (--job->blocks);
}

#endif

#endif
