/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the MVE convolution for pixels whose windows lie in one piece, at even distances: two pixels
 * times four channels at a time, so that a weight is read once for two products, and results are requantised in
 * pairs.
 *
 * Weights, bias, multiplier, finish, requantisation and its bounds as in mote_dot_mve.h; the last taps are
 * predicated, so that nothing behind a pixel is read. */
#ifndef MOTE_PAIRS_MVE_H
#define MOTE_PAIRS_MVE_H

#include "mote_dot_mve.h"
#include "mote_dsp.h"

/* The assembly knows the order of the fields. A call leads weights, y, multiplier, finish and bias on. */
typedef struct {
    int32_t sums[8];           /* biases of four channels, each twice; filled in by the call */
    const int8_t *weights;     /* [blocks][vectors + 1][4][16] */
    uint32_t vectors;          /* of 16 taps, but for the last one */
    int32_t x_step;            /* from the end of what is read of a pixel to the next but one */
    uint32_t y_step;           /* from the results of a pair to those of the next */
    const int8_t *x_end;       /* behind all pairs, of which there is at least one */
    const int8_t *x;
    int32_t x_pixel;           /* from pixel to pixel */
    uint32_t last_taps;        /* of the last vector, 1..16 */
    int8_t *y;
    int32_t left;              /* channels, at least 1 */
    const int32_t *multiplier; /* [blocks][4] */
    const int16_t *finish;     /* [blocks][4]: right shifts, negative */
    const int32_t *bias;       /* [blocks][4] */
    int16_t zero[8], low[8], high[8]; /* y_zero, y_min and y_max, in each lane */
    uint16_t places[8];        /* behind y, of the first channel of both pixels, then the second... */
} mote_pairs_job;

#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE

#if MOTE_SINGLE
#define MOTE_PAIR_HIGH                                                                               \
    "vqdmulh.s32 q0, q0, q2\n\t"                                                                     \
    "vqdmulh.s32 q1, q1, q2\n\t"
#else
#define MOTE_PAIR_HIGH                                                                               \
    "vqrdmulh.s32 q0, q0, q2\n\t"                                                                    \
    "vshr.s32 q7, q0, #31\n\t"                                                                       \
    "vqrdmulh.s32 q1, q1, q2\n\t"                                                                    \
    "vadd.i32 q0, q0, q7\n\t"                                                                        \
    "vshr.s32 q7, q1, #31\n\t"                                                                       \
    "vadd.i32 q1, q1, q7\n\t"
#endif

/* 16 taps. Registers: r1, r3 pixels, r5 weights; r0, r4, r8, r12 sums of one, r2, r6, r10, lr of the other. */
#define MOTE_PAIR_TAPS(first, second)                                                                \
    first "vldrb.8 q7, [r5], #16\n\t"                                                                \
    "vmlava.s8 r0, q0, q7\n\t" second                                                                \
    "vmlava.s8 r2, q1, q7\n\t"                                                                       \
    "vldrb.8 q7, [r5], #16\n\t"                                                                      \
    "vmlava.s8 r4, q0, q7\n\t"                                                                       \
    "vmlava.s8 r6, q1, q7\n\t"                                                                       \
    "vldrb.8 q7, [r5], #16\n\t"                                                                      \
    "vmlava.s8 r8, q0, q7\n\t"                                                                       \
    "vmlava.s8 r10, q1, q7\n\t"                                                                      \
    "vldrb.8 q7, [r5], #16\n\t"                                                                      \
    "vmlava.s8 r12, q0, q7\n\t"                                                                      \
    "vmlava.s8 lr, q1, q7\n\t"
#define MOTE_PAIR_FULL MOTE_PAIR_TAPS("vldrb.8 q0, [r1], #16\n\t", "vldrb.8 q1, [r3], #16\n\t")
#define MOTE_PAIR_LAST                                                                               \
    MOTE_PAIR_TAPS("vpstt\n\tvldrbt.8 q0, [r1], #16\n\tvldrbt.8 q1, [r3], #16\n\t", "")

/* r7 vectors, r9 y, r11 job; q2 multiplier, q3 right shift, q4 zero, q5 low, q6 high; the predicate stands for the
 * taps of the last vector. */
__attribute__((naked, noinline, unused)) static void
mote_mve_pairs(__attribute__((unused)) mote_pairs_job *job)
{
    __asm volatile("push {r4-r11, lr}\n\t"
                   "vpush {d8-d15}\n\t"
                   "mov r11, r0\n\t"
                   "ldr r2, [r11, #60]\n\t"
                   "vctp.8 r2\n\t"
                   "vldrh.u16 q4, [r11, #84]\n\t"
                   "vldrh.u16 q5, [r11, #100]\n\t"
                   "vldrh.u16 q6, [r11, #116]\n\t"
                   /* Four channels. */
                   "1: ldr r5, [r11, #80]\n\t"
                   "ldrd r0, r4, [r5], #8\n\t"
                   "ldrd r8, r12, [r5], #8\n\t"
                   "str r5, [r11, #80]\n\t"
                   "mov r2, r0\n\t"
                   "mov r6, r4\n\t"
                   "mov r10, r8\n\t"
                   "mov lr, r12\n\t"
                   "stm r11, {r0, r2, r4, r6, r8, r10, r12, lr}\n\t"
                   "ldrd r0, r1, [r11, #72]\n\t"
                   "vldrw.u32 q2, [r0], #16\n\t"
                   "vldrh.s32 q3, [r1], #8\n\t"
                   "strd r0, r1, [r11, #72]\n\t"
                   "ldrd r1, r3, [r11, #52]\n\t"
                   "add r3, r3, r1\n\t"
                   "ldr r9, [r11, #64]\n\t"
                   /* Two pixels. */
                   "2: ldm r11, {r0, r2, r4, r6, r8, r10, r12, lr}\n\t"
                   "ldrd r5, r7, [r11, #32]\n\t"
                   "lsrs r7, r7, #1\n\t"
                   "bcc 3f\n\t" MOTE_PAIR_FULL
                   "3: beq 5f\n\t"
                   "4:" MOTE_PAIR_FULL MOTE_PAIR_FULL
                   "subs r7, r7, #1\n\t"
                   "bne 4b\n\t"
                   "5:" MOTE_PAIR_LAST
                   "vmov q0[2], q0[0], r0, r8\n\t"
                   "vmov q0[3], q0[1], r4, r12\n\t"
                   "vmov q1[2], q1[0], r2, r10\n\t"
                   "vmov q1[3], q1[1], r6, lr\n\t" MOTE_PAIR_HIGH
                   "vrshl.s32 q0, q0, q3\n\t"
                   "vrshl.s32 q1, q1, q3\n\t"
                   /* 16-bit lanes of both pixels in turn, saturated, which no clamp to int8 notices */
                   "vqmovnb.s32 q0, q0\n\t"
                   "vldrh.u16 q7, [r11, #132]\n\t"
                   "vqmovnt.s32 q0, q1\n\t"
                   "vqadd.s16 q0, q0, q4\n\t"
                   "vmax.s16 q0, q0, q5\n\t"
                   "vmin.s16 q0, q0, q6\n\t"
                   "vstrb.16 q0, [r9, q7]\n\t"
                   "ldr r0, [r11, #40]\n\t"
                   "ldr r2, [r11, #44]\n\t"
                   "ldr r4, [r11, #48]\n\t"
                   "add r1, r1, r0\n\t"
                   "add r3, r3, r0\n\t"
                   "add r9, r9, r2\n\t"
                   "cmp r1, r4\n\t"
                   "bne 2b\n\t"
                   "str r5, [r11, #32]\n\t"
                   "ldrd r0, r2, [r11, #64]\n\t"
                   "adds r0, r0, #4\n\t"
                   "subs r2, r2, #4\n\t"
                   "strd r0, r2, [r11, #64]\n\t"
                   "bgt 1b\n\t"
                   "vpop {d8-d15}\n\t"
                   "pop {r4-r11, pc}\n\t");
}

#else

static inline void mote_mve_pairs(mote_pairs_job *job)
{
    const uint32_t taps = 16 * job->vectors + job->last_taps;
    for (; job->left > 0; job->left -= 4) {
        int8_t *y = job->y;
        for (const int8_t *x = job->x; x != job->x_end; x += 2 * job->x_pixel, y += job->y_step)
            for (uint32_t i = 0; i < 8; i++) {
                const int8_t *from = x + (i & 1u ? job->x_pixel : 0), *w = job->weights + i / 2 * 16;
                int32_t sum = job->bias[i / 2];
                for (uint32_t t = 0; t < taps; t++)
                    sum += from[t] * w[(t & ~15u) * 4 + (t & 15u)];
                sum = mote_requantize(sum, job->multiplier[i / 2], -job->finish[i / 2], MOTE_SINGLE ? 0 : MOTE_HALF);
                y[job->places[i]] = mote_clamp_s8(sum + job->zero[i], job->low[i], job->high[i]);
            }
        job->weights += (job->vectors + 1) * 64;
        job->y += 4;
        job->multiplier += 4;
        job->finish += 4;
        job->bias += 4;
    }
}

#endif

/* Where the results of four channels go, of which the last ones repeat channel last. */
static inline void mote_put_places(mote_pairs_job *pairs, uint32_t last, uint32_t y_pixel)
{
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t channel = i < last ? i : last;
        pairs->places[2 * i] = (uint16_t)channel;
        pairs->places[2 * i + 1] = (uint16_t)(channel + y_pixel);
    }
}

/* count pixels, an even number, x_pixel bytes apart, times all channels of job, y_pixel < 2^16 - 4 apart; x and y
 * of the job are where they start. */
MOTE_NOT_INLINE static void mote_mve_pixels(const mote_mve_job *job, uint32_t count, int32_t x_pixel,
                                            uint32_t y_pixel)
{
    const uint32_t last = (job->taps - 1) / 16, rest = job->channels % 4;
    mote_pairs_job pairs;
    for (uint32_t i = 0; i < 8; i++) {
        pairs.zero[i] = (int16_t)job->zero[0];
        pairs.low[i] = (int16_t)job->low[0];
        pairs.high[i] = (int16_t)job->high[0];
    }
    pairs.weights = job->weights;
    pairs.vectors = last;
    pairs.last_taps = job->taps - 16 * last;
    pairs.x = job->x;
    pairs.x_end = job->x + (int32_t)count * x_pixel;
    pairs.x_pixel = x_pixel;
    pairs.x_step = 2 * x_pixel - (int32_t)(16 * last + 16);
    pairs.y_step = 2 * y_pixel;
    pairs.y = job->y;
    pairs.left = (int32_t)(job->channels - rest);
    pairs.multiplier = job->multiplier;
    pairs.finish = job->finish;
    pairs.bias = job->bias;
    mote_put_places(&pairs, 3, y_pixel);
    if (pairs.left)
        mote_mve_pairs(&pairs);
    if (rest) {
        pairs.left = (int32_t)rest;
        mote_put_places(&pairs, rest - 1, y_pixel);
        mote_mve_pairs(&pairs);
    }
}

#endif
