/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the MVE kernels: one vector of taps times the output channels, four at a time. The last
 * taps are predicated (DLSTP), nothing is left for a scalar loop.
 *
 * y[o] = clamp(requantize(bias[o] + sum_t x[t] * weights[o,t]) + y_zero)
 *
 * x: taps bytes.  weights: [blocks of 4 channels][ceil(taps / 16)][4][16], filled up with zeros; bias and
 * multiplier: [blocks][4].  A block that is not full repeats the last channel.
 * finish: the right shifts, negative, [blocks][4]; scattered: [blocks][2][4], the second four are the places of
 * the results behind y.
 * Requantisation: VQRDMULH and one less where negative is the high product of double rounding, VQDMULH that of
 * single rounding (MOTE_SINGLE); VRSHL halves up.
 * No overflow: |sum| < 2^30 and 1 <= right, checked at compile time. */
#ifndef MOTE_DOT_MVE_H
#define MOTE_DOT_MVE_H

#include "mote_requantize.h"

#include <stddef.h>
#include <stdint.h>

#ifndef MOTE_SINGLE
#define MOTE_SINGLE 0
#endif

typedef struct {
    int32_t zero[4], low[4], high[4]; /* y_zero, y_min and y_max, in each lane */
    const int8_t *x;
    const int8_t *weights;
    int8_t *y;
    uint32_t channels; /* at least 1; scattered: blocks */
    const int32_t *bias;
    const int32_t *multiplier;
    const int16_t *finish;
    uint32_t taps; /* at least 1 */
} mote_mve_job;

static inline void mote_set_lanes(mote_mve_job *job, int32_t y_zero, int32_t y_min, int32_t y_max)
{
    for (int i = 0; i < 4; i++) {
        job->zero[i] = y_zero;
        job->low[i] = y_min;
        job->high[i] = y_max;
    }
}

#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE

#if MOTE_SINGLE
#define MOTE_MVE_HIGH "vqdmulh.s32 q0, q0, q1\n\t"
#else
#define MOTE_MVE_HIGH                                                                                \
    "vqrdmulh.s32 q0, q0, q1\n\t"                                                                    \
    "vshr.s32 q1, q0, #31\n\t"                                                                       \
    "vadd.i32 q0, q0, q1\n\t"
#endif

/* Registers: r0 weights, r1 channels or blocks left, r2 y, r3 taps, r12 x, r9 bias, r11 multiplier, r5 finish
 * (widening loads take low registers only);
 * r4, r6, r8, r10 sums; q4 zero, q5 low, q6 high, s28 x at its start. */
#define MOTE_MVE_BLOCKS(job, multiplier, shift, store, count)                                        \
    do {                                                                                             \
        register const mote_mve_job *at __asm("r0") = (job);                                         \
        __asm volatile("vldrw.u32 q4, [r0]\n\t"                                                      \
                       "vldrw.u32 q5, [r0, #16]\n\t"                                                 \
                       "vldrw.u32 q6, [r0, #32]\n\t"                                                 \
                       "vldr.32 s28, [r0, #48]\n\t"                                                  \
                       "ldrd r2, r1, [r0, #56]\n\t"                                                  \
                       "ldrd r9, r11, [r0, #64]\n\t"                                                 \
                       "ldrd r5, r3, [r0, #72]\n\t"                                                 \
                       "ldr r0, [r0, #52]\n\t"                                                       \
                       "1: vmov r12, s28\n\t"                                                         \
                       "ldrd r4, r6, [r9], #8\n\t"                                                   \
                       "ldrd r8, r10, [r9], #8\n\t"                                                  \
                       "dlstp.8 lr, r3\n\t"                                                          \
                       "2: vldrb.8 q0, [r12], #16\n\t"                                                \
                       "vldrb.8 q1, [r0], #16\n\t"                                                   \
                       "vmlava.s8 r4, q0, q1\n\t"                                                    \
                       "vldrb.8 q1, [r0], #16\n\t"                                                   \
                       "vmlava.s8 r6, q0, q1\n\t"                                                    \
                       "vldrb.8 q1, [r0], #16\n\t"                                                   \
                       "vmlava.s8 r8, q0, q1\n\t"                                                    \
                       "vldrb.8 q1, [r0], #16\n\t"                                                   \
                       "vmlava.s8 r10, q0, q1\n\t"                                                   \
                       "letp lr, 2b\n\t"                                                             \
                       "vmov q0[2], q0[0], r4, r8\n\t"                                               \
                       "vmov q0[3], q0[1], r6, r10\n\t" multiplier shift MOTE_MVE_HIGH               \
                       "vrshl.s32 q0, q0, q2\n\t"                                                    \
                       "vadd.i32 q0, q0, q4\n\t"                                                     \
                       "vmax.s32 q0, q0, q5\n\t"                                                     \
                       "vmin.s32 q0, q0, q6\n\t" store                                               \
                       "subs r1, r1, #" count "\n\t"                                                 \
                       "bgt 1b"                                                                      \
                       : "+r"(at)                                                                    \
                       :                                                                             \
                       : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr",  \
                         "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "cc", "memory");            \
    } while (0)

#define MOTE_MVE_EACH_MULTIPLIER "vldrw.u32 q1, [r11], #16\n\t"
#define MOTE_MVE_EACH_SHIFT "vldrh.s32 q2, [r5], #8\n\t"
#define MOTE_MVE_STORE "vctp.32 r1\n\tvpst\n\tvstrbt.32 q0, [r2], #4\n\t"
#define MOTE_MVE_SCATTER "vldrh.u32 q3, [r5], #8\n\tvstrb.32 q0, [r2, q3]\n\t"

/* Results one after the other. */
static inline void mote_mve_channels(const mote_mve_job *job)
{
    if (job->channels % 4 == 0)
        MOTE_MVE_BLOCKS(job, MOTE_MVE_EACH_MULTIPLIER, MOTE_MVE_EACH_SHIFT, "vstrb.32 q0, [r2], #4\n\t", "4");
    else
        MOTE_MVE_BLOCKS(job, MOTE_MVE_EACH_MULTIPLIER, MOTE_MVE_EACH_SHIFT, MOTE_MVE_STORE, "4");
}

/* The same, with the first four multipliers and shifts for all. */
static inline void mote_mve_channels_alike(const mote_mve_job *job)
{
    MOTE_MVE_BLOCKS(job, "vldrw.u32 q1, [r11]\n\t", "vldrh.s32 q2, [r5]\n\t", MOTE_MVE_STORE, "4");
}

/* Results where finish says. */
static inline void mote_mve_channels_scattered(const mote_mve_job *job)
{
    MOTE_MVE_BLOCKS(job, MOTE_MVE_EACH_MULTIPLIER, MOTE_MVE_EACH_SHIFT, MOTE_MVE_SCATTER, "1");
}

#else

/* Block b's result in one lane; at: place of its multiplier and shift. */
static inline int8_t mote_mve_lane(const mote_mve_job *job, uint32_t b, uint32_t lane, uint32_t multiplier_at,
                                   uint32_t shift_at)
{
    const uint32_t rows = (job->taps + 15) / 16;
    const int8_t *w = job->weights + (b * rows * 4 + lane) * 16;
    int32_t sum = job->bias[4 * b + lane];
    for (uint32_t t = 0; t < job->taps; t++)
        sum += job->x[t] * w[(t & ~15u) * 4 + (t & 15u)];
    sum = mote_requantize(sum, job->multiplier[multiplier_at], -job->finish[shift_at], MOTE_SINGLE ? 0 : MOTE_HALF);
    return mote_clamp_s8(sum + job->zero[0], job->low[0], job->high[0]);
}

static inline void mote_mve_channels(const mote_mve_job *job)
{
    for (uint32_t o = 0; o < job->channels; o++)
        job->y[o] = mote_mve_lane(job, o / 4, o % 4, o, o);
}

static inline void mote_mve_channels_alike(const mote_mve_job *job)
{
    for (uint32_t o = 0; o < job->channels; o++)
        job->y[o] = mote_mve_lane(job, o / 4, o % 4, 0, 0);
}

static inline void mote_mve_channels_scattered(const mote_mve_job *job)
{
    for (uint32_t o = 0; o < 4 * job->channels; o++) {
        const uint32_t b = o / 4, lane = o % 4;
        job->y[(uint16_t)job->finish[8 * b + 4 + lane]] = mote_mve_lane(job, b, lane, o, 8 * b + lane);
    }
}

#endif

#endif
