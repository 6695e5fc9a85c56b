/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums of one channel and several pixels to int8, for a right shift of at least 1: what mote_requantize and
 * mote_clamp_s8 make of each, with what the pixels share prepared once. On cores with a wide multiplication
 * these serve as well. */
#ifndef MOTE_REQUANTIZE_MANY_H
#define MOTE_REQUANTIZE_MANY_H

#include "mote_dsp.h"
#include "mote_requantize.h"

/* The assembly knows the order of the fields. */
typedef struct {
    const int32_t *sum, *end; /* at least one */
    int8_t *y;
    uint32_t y_pixel; /* from result to result */
    uint32_t multiplier_low;                /* 16 bits */
    int32_t multiplier_high;                /* the rest */
    int32_t rounding;                       /* upper half of MOTE_HALF for double rounding, or 0 */
    int32_t away;                           /* -1 for double rounding, or 0 */
    int32_t halvings;                       /* right shift - 1, 0..31 */
    int32_t zero;                           /* 2 * y_zero + 1 */
    int32_t y_min, y_max;
} mote_requantize_job;

#if defined(__ARM_ARCH_6M__)

/* Registers: r0 low half of the sum, r4 upper one, r1 constants, r5 and r6 parts of the product, r2 job,
 * r3 sums, r7 y, r12 zero, lr y_pixel. The steps are those of mote_multiply_high. */
__attribute__((naked, noinline, unused)) static void
mote_requantize_many(__attribute__((unused)) const mote_requantize_job *job)
{
    __asm volatile(".syntax unified\n\t"
                   "push {r4-r7, lr}\n\t"
                   "mov r2, r0\n\t"
                   "ldr r3, [r2, #0]\n\t"
                   "ldr r7, [r2, #8]\n\t"
                   "ldr r0, [r2, #12]\n\t"
                   "mov lr, r0\n\t"
                   "ldr r0, [r2, #36]\n\t"
                   "mov r12, r0\n\t"
                   "1: ldm r3!, {r0}\n\t"
                   "asrs r4, r0, #16\n\t"
                   "uxth r0, r0\n\t"
                   "ldr r1, [r2, #16]\n\t"
                   "movs r5, r1\n\t"
                   "muls r5, r0\n\t"
                   "lsrs r5, r5, #16\n\t"
                   "muls r1, r4\n\t"
                   "adds r5, r5, r1\n\t" /* inner */
                   "ldr r1, [r2, #20]\n\t"
                   "muls r0, r1\n\t"
                   "muls r4, r1\n\t"
                   "uxth r6, r5\n\t"
                   "adds r0, r0, r6\n\t" /* outer */
                   "ldr r1, [r2, #24]\n\t"
                   "adds r0, r0, r1\n\t"
                   "asrs r0, r0, #15\n\t"
                   "asrs r5, r5, #16\n\t"
                   "adds r4, r4, r5\n\t"
                   "lsls r4, r4, #1\n\t"
                   "adds r4, r4, r0\n\t" /* high */
                   "ldr r1, [r2, #28]\n\t"
                   "asrs r5, r4, #31\n\t"
                   "ands r5, r1\n\t"
                   "adds r4, r4, r5\n\t"
                   "ldr r1, [r2, #32]\n\t"
                   "asrs r4, r1\n\t"
                   "add r4, r12\n\t"
                   "asrs r4, r4, #1\n\t"
                   "ldr r1, [r2, #40]\n\t"
                   "cmp r4, r1\n\t"
                   "blt 2f\n\t"
                   "ldr r1, [r2, #44]\n\t"
                   "cmp r4, r1\n\t"
                   "bgt 2f\n\t"
                   "movs r1, r4\n\t"
                   "2: strb r1, [r7]\n\t"
                   "add r7, lr\n\t"
                   "ldr r1, [r2, #4]\n\t"
                   "cmp r3, r1\n\t"
                   "bne 1b\n\t"
                   "pop {r4-r7, pc}\n\t");
}

#else

static inline void mote_requantize_many(const mote_requantize_job *job)
{
    const int32_t multiplier = (int32_t)((uint32_t)job->multiplier_high << 16 | job->multiplier_low);
    int8_t *y = job->y;
    for (const int32_t *sum = job->sum; sum != job->end; sum++, y += job->y_pixel) {
        int32_t high = mote_multiply_high(*sum, multiplier, job->rounding * ((int32_t)1 << 16));
        high += (high >> 31) & job->away;
        *y = mote_clamp_s8(((high >> job->halvings) + job->zero) >> 1, job->y_min, job->y_max);
    }
}

#endif

#endif
