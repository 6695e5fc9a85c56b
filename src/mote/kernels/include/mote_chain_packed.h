/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the chained convolutions whose scratch is one word a tap: as mote_chain_affine.h, with taps in
 * pieces as in mote_chain_split.h, for windows as mote_packed_taps.h packs them.
 *     first sums:  x0.A + a,  x1.A + x0.B + a + b,  x1.B + b
 *     second sums: x1.A + a,  x2.A + x1.B + a + b,  x2.B + b,  and (x0.A + a) * 2^11 + (x0.B + b) * 2^32
 * where a and b are what a piece starts at, whose sums over all pieces are bias and offset of the line.
 *
 * Exact: in the end of each piece the first two slots are in [0, 2^21[, the third in [-2^21, 2^21[, as
 * lower/chain_packed.py proves, and that the lines round every sum as the layer does. */
#ifndef MOTE_CHAIN_PACKED_H
#define MOTE_CHAIN_PACKED_H

#include "mote_chain_affine.h"
#include "mote_packed_taps.h"

/* The assembly knows the order of the fields. */
typedef struct {
    const uint32_t *x; /* [fours * 4 taps] */
    const uint32_t *x_end;
    const uint32_t *end;    /* for the assembly */
    int8_t *y;              /* channel 0 of the first pixel */
    uint32_t y_pixel;       /* bytes from pixel to pixel; 0: all three are the same */
    const int32_t *weights_end;
    uint32_t piece_bytes;   /* of x, for all pieces but the last, which may be shorter */
    const int32_t *weights; /* of each four channels A, B, C, D: of each piece what the first and second sums of A
                             * and B and of C and D start at, 4 * 64 bits, and [taps] words wA + wB * 2^21 and
                             * wC + wD * 2^21; then ten words as in mote_line_job */
} mote_packed_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Slots become sums of 32 bits, or are added to them; r12 points to these. */
#define MOTE_PACKED_FIRST(l, h)                                                                      \
    "ubfx r10, " l ", #0, #21\n\t"                                                                   \
    "lsr r11, " l ", #21\n\t"                                                                        \
    "bfi r11, " h ", #11, #10\n\t"                                                                   \
    "asr lr, " h ", #10\n\t"                                                                         \
    "stm r12!, {r10, r11, lr}\n\t"
#define MOTE_PACKED_ADD(l, h)                                                                        \
    "ldm r12, {r10, r11, lr}\n\t"                                                                    \
    "add r11, r11, " l ", lsr #21\n\t"                                                               \
    "ubfx " l ", " l ", #0, #21\n\t"                                                                 \
    "add r10, r10, " l "\n\t"                                                                        \
    "add lr, lr, " h ", asr #10\n\t"                                                                 \
    "ubfx " h ", " h ", #0, #10\n\t"                                                                 \
    "add r11, r11, " h ", lsl #11\n\t"                                                               \
    "stm r12!, {r10, r11, lr}\n\t"

/* As MOTE_LINE_SUMS; unless the flags say that it is the only piece, with the sums from sums on; t, u, v free. */
#define MOTE_PACKED_SUMS(l1, h1, l2, h2, sums, t, u, v)                                              \
    "ubfx r10, " l1 ", #0, #21\n\t"                                                                  \
    "lsr r11, " l1 ", #21\n\t"                                                                       \
    "bfi r11, " h1 ", #11, #10\n\t"                                                                  \
    "asr " h1 ", " h1 ", #10\n\t"                                                                    \
    "ubfx " l1 ", " l2 ", #0, #21\n\t"                                                               \
    "lsr r12, " l2 ", #21\n\t"                                                                       \
    "bfi r12, " h2 ", #11, #10\n\t"                                                                  \
    "asr " h2 ", " h2 ", #10\n\t"                                                                    \
    "beq 8f\n\t"                                                                                     \
    "ldr " t ", [sp, " sums "]\n\t"                                                                  \
    "ldr " u ", [sp, " sums " + 4]\n\t"                                                              \
    "ldr " v ", [sp, " sums " + 8]\n\t"                                                              \
    "add r10, r10, " t "\n\t"                                                                        \
    "add r11, r11, " u "\n\t"                                                                        \
    "add " h1 ", " h1 ", " v "\n\t"                                                                  \
    "ldr " t ", [sp, " sums " + 12]\n\t"                                                             \
    "ldr " u ", [sp, " sums " + 16]\n\t"                                                             \
    "ldr " v ", [sp, " sums " + 20]\n\t"                                                             \
    "add " l1 ", " l1 ", " t "\n\t"                                                                  \
    "add r12, r12, " u "\n\t"                                                                        \
    "add " h2 ", " h2 ", " v "\n\t"                                                                  \
    "8: sub r11, r11, " l1 "\n\t"                                                                    \
    "sub r12, r12, " h1 "\n\t"

__attribute__((naked, noinline, unused)) static void
mote_chain_packed(__attribute__((unused)) const mote_packed_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r1-r7, r9}\n\t"
        "sub sp, sp, #48\n\t" /* three sums of each accumulator, from 28 on */
        "push {r1-r7}\n\t"
        "1: ldr r8, [sp]\n\t"
        "ldr r12, [sp, #24]\n\t"
        "add r12, r12, r8\n\t"
        /* A piece, which ends at r12. Eight taps a round; where four are over, the first round is half a one. */
        "4: ldm r9!, {r0-r7}\n\t"
        "str r12, [sp, #8]\n\t"
        "sub r12, r12, r8\n\t"
        "tst r12, #16\n\t"
        "bne 3f\n\t"
        ".balign 4\n\t"
        "2:\n\t" MOTE_PACKED_4_TAPS
        "3:\n\t" MOTE_PACKED_4_TAPS
        "ldr r12, [sp, #8]\n\t"
        "cmp r8, r12\n\t"
        "bne 2b\n\t"
        MOTE_PACKED_CLEAN("r0", "r1", "r2", "r3")
        MOTE_PACKED_CLEAN("r4", "r5", "r6", "r7")
        "ldr r10, [sp]\n\t"
        "ldr r11, [sp, #24]\n\t"
        "ldr r12, [sp, #4]\n\t"
        "add r10, r10, r11\n\t"
        "cmp r8, r12\n\t"
        "beq 7f\n\t"
        "cmp r8, r10\n\t"
        "add r12, sp, #28\n\t"
        "bne 5f\n\t"
        MOTE_PACKED_FIRST("r0", "r1") MOTE_PACKED_FIRST("r2", "r3")
        MOTE_PACKED_FIRST("r4", "r5") MOTE_PACKED_FIRST("r6", "r7")
        "b 6f\n\t"
        "5:\n\t"
        MOTE_PACKED_ADD("r0", "r1") MOTE_PACKED_ADD("r2", "r3")
        MOTE_PACKED_ADD("r4", "r5") MOTE_PACKED_ADD("r6", "r7")
        "6: ldr r10, [sp, #4]\n\t"
        "ldr r12, [sp, #24]\n\t"
        "add r12, r12, r8\n\t"
        "cmp r12, r10\n\t"
        "it hi\n\t"
        "movhi r12, r10\n\t"
        "b 4b\n\t"
        "7: cmp r8, r10\n\t"
        MOTE_PACKED_SUMS("r0", "r1", "r2", "r3", "#28", "r2", "r8", "lr")
        "ldr r2, [r9], #40\n\t"
        "ldr r8, [r9, #-36]\n\t"
        MOTE_LINE_RESULTS("r10", "r0", "r12", "r2", "r8")
        /* r2 and r8 channels A and B of pixel 0, lr from pixel to pixel. */
        "ldr r2, [sp, #12]\n\t"
        "ldr r8, [r9, #-32]\n\t"
        "ldr lr, [sp, #16]\n\t"
        "uxtah r2, r2, r8\n\t"
        "sxtah r8, r2, r8, ror #16\n\t"
        MOTE_LINE_STORE("r10", "r0", "r12", "r2")
        "ldr r0, [r9, #-28]\n\t"
        "ldr r2, [r9, #-24]\n\t"
        MOTE_LINE_RESULTS("r11", "r1", "r3", "r0", "r2")
        MOTE_LINE_STORE("r11", "r1", "r3", "r8")
        MOTE_PACKED_SUMS("r4", "r5", "r6", "r7", "#52", "r0", "r1", "r2")
        "ldr r0, [r9, #-20]\n\t"
        "ldr r1, [r9, #-16]\n\t"
        "ldr r2, [r9, #-12]\n\t"
        "ldr r3, [r9, #-8]\n\t"
        MOTE_LINE_RESULTS("r10", "r4", "r12", "r0", "r1")
        "sxtah r8, r8, r2\n\t"
        MOTE_LINE_STORE("r10", "r4", "r12", "r8")
        "ldr r0, [r9, #-4]\n\t"
        "sxtah r8, r8, r2, ror #16\n\t"
        MOTE_LINE_RESULTS("r11", "r5", "r7", "r3", "r0")
        MOTE_LINE_STORE("r11", "r5", "r7", "r8")
        "ldr r12, [sp, #20]\n\t"
        "cmp r9, r12\n\t"
        "bne 1b\n\t"
        "add sp, sp, #76\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

/* The slots of two channels, of first and second sums, over all pieces. */
static inline void mote_packed_slots(const mote_packed_job *job, const int32_t *w, int pair, int32_t slots[2][3])
{
    const uint32_t *x = job->x;
    do {
        const uint32_t *end = job->x_end;
        uint64_t sum[2];
        if (job->piece_bytes / 4 < (uint32_t)(end - x))
            end = x + job->piece_bytes / 4;
        for (int i = 0; i < 2; i++) {
            const int32_t *start = w + 4 * pair + 2 * i;
            sum[i] = (uint64_t)(uint32_t)start[1] << 32 | (uint32_t)start[0];
        }
        for (w += 8; x != end; x++, w += 2) {
            sum[0] += (uint64_t)((int64_t)(int32_t)mote_packed_first(*x) * w[pair]);
            sum[1] += (uint64_t)((int64_t)(int32_t)*x * w[pair]);
        }
        sum[1] = mote_packed_clean(sum[0], sum[1]);
        for (int i = 0; i < 6; i++)
            slots[i / 3][i % 3] += mote_line_slot(sum[i / 3], i % 3);
    } while (x != job->x_end);
}

/* The results of three pixels at y. */
static inline void mote_packed_results(const mote_packed_job *job, int8_t *y, const int32_t *line, int32_t sum_0,
                                       int32_t sum_1, int32_t sum_2)
{
    const int32_t sums[3] = {sum_0, sum_1, sum_2};
    for (uint32_t i = 0; i < 3; i++)
        y[i * job->y_pixel] = (int8_t)mote_ssat8(mote_smmla(sums[i], line[0], line[1]) >> MOTE_LINE_SHIFT);
}

static inline void mote_chain_packed(const mote_packed_job *job)
{
    const uint32_t bytes = 4 * (uint32_t)(job->x_end - job->x);
    const uint32_t words = bytes / 2 + 8 * ((bytes - 1) / job->piece_bytes + 1);
    for (const int32_t *w = job->weights; w != job->weights_end; w += words + 10) {
        const int32_t *line = w + words;
        int8_t *y = job->y;
        for (int pair = 0; pair < 2; pair++, line += 5) {
            int32_t slots[2][3] = {{0}};
            const int32_t *first = slots[0], *second = slots[1];
            mote_packed_slots(job, w, pair, slots);
            y += pair ? (int16_t)(uint16_t)(line[2] & 0xffff) : line[2] & 0xffff;
            mote_packed_results(job, y, line, first[0], second[0], second[1] - first[2]);
            y += line[2] >> 16;
            mote_packed_results(job, y, line + 3, first[1] - second[0], first[2], second[2]);
        }
    }
}

#endif

#endif
