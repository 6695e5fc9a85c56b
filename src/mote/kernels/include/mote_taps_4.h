/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the portable depthwise convolution: taps of four neighbouring channels, or of one. */
#ifndef MOTE_TAPS_4_H
#define MOTE_TAPS_4_H

#include <stdint.h>

/* The assembly knows the order of the fields. A call may change x, w and rows. */
typedef struct {
    int32_t sum[4];
    const int8_t *x, *w;   /* of the first tap and channel */
    int32_t x_tap, w_tap;  /* from tap to tap */
    int32_t w_run;         /* from the first tap of a row to behind its last, not 0 */
    intptr_t x_skip;       /* from behind the last tap of a row to the next row */
    int32_t w_skip;
    int32_t rows; /* at least 1 */
} mote_taps_job;

/* Moves to the next tap, 0 after the last; x and w never point outside their arrays. */
static inline void mote_taps_1(mote_taps_job *job)
{
    const int8_t *x = job->x, *w = job->w;
    for (;;) {
        for (const int8_t *last = w + (job->w_run - job->w_tap);; w += job->w_tap, x += job->x_tap) {
            job->sum[0] += *x * *w;
            if (w == last)
                break;
        }
        if (--job->rows == 0)
            return;
        x += job->x_tap + job->x_skip;
        w += job->w_tap + job->w_skip;
    }
}

#if defined(__ARM_ARCH_6M__)

/* Compilers make little use of the upper eight registers. Registers: r0 x, r1 w, r2-r5 0..3, r6 and r7
 * free, r8-r11 sums, r12 x_tap, lr w_tap. The stack holds the end of the row's weights and the job. */
#define MOTE_TAP(channel, sum)                                                                       \
    "ldrsb r6, [r0, " #channel "]\n\t"                                                               \
    "ldrsb r7, [r1, " #channel "]\n\t"                                                               \
    "muls r7, r6\n\t"                                                                                \
    "add " #sum ", r7\n\t"

__attribute__((naked, noinline)) static void
mote_taps_4(__attribute__((unused)) mote_taps_job *job)
{
    __asm volatile(".syntax unified\n\t"
                   "push {r4-r7, lr}\n\t"
                   "mov r4, r8\n\t"
                   "mov r5, r9\n\t"
                   "mov r6, r10\n\t"
                   "mov r7, r11\n\t"
                   "push {r3-r7}\n\t"
                   "push {r0}\n\t"
                   "ldm r0!, {r4-r7}\n\t"
                   "mov r8, r4\n\t"
                   "mov r9, r5\n\t"
                   "mov r10, r6\n\t"
                   "mov r11, r7\n\t"
                   "ldm r0!, {r4-r7}\n\t"
                   "mov r0, r4\n\t"
                   "mov r1, r5\n\t"
                   "mov r12, r6\n\t"
                   "mov lr, r7\n\t"
                   "movs r2, #0\n\t"
                   "movs r3, #1\n\t"
                   "movs r4, #2\n\t"
                   "movs r5, #3\n\t"
                   "1: ldr r6, [sp]\n\t"
                   "ldr r7, [r6, #32]\n\t"
                   "adds r7, r7, r1\n\t"
                   "str r7, [sp, #4]\n\t"
                   "2:" MOTE_TAP(r2, r8) MOTE_TAP(r3, r9) MOTE_TAP(r4, r10) MOTE_TAP(r5, r11)
                   "add r0, r12\n\t"
                   "add r1, lr\n\t"
                   "ldr r7, [sp, #4]\n\t"
                   "cmp r1, r7\n\t"
                   "bne 2b\n\t"
                   "ldr r6, [sp]\n\t"
                   "ldr r7, [r6, #36]\n\t"
                   "adds r0, r0, r7\n\t"
                   "ldr r7, [r6, #40]\n\t"
                   "adds r1, r1, r7\n\t"
                   "ldr r7, [r6, #44]\n\t"
                   "subs r7, #1\n\t"
                   "str r7, [r6, #44]\n\t"
                   "bne 1b\n\t"
                   "mov r4, r8\n\t"
                   "mov r5, r9\n\t"
                   "mov r0, r10\n\t"
                   "mov r1, r11\n\t"
                   "str r4, [r6]\n\t"
                   "str r5, [r6, #4]\n\t"
                   "str r0, [r6, #8]\n\t"
                   "str r1, [r6, #12]\n\t"
                   "add sp, #8\n\t"
                   "pop {r4-r7}\n\t"
                   "mov r8, r4\n\t"
                   "mov r9, r5\n\t"
                   "mov r10, r6\n\t"
                   "mov r11, r7\n\t"
                   "pop {r4-r7, pc}\n\t");
}

#else

/* Inlined, it would have to share the registers. */
#if defined(__GNUC__)
__attribute__((noinline))
#endif
static void mote_taps_4(mote_taps_job *job)
{
    int32_t sum0 = job->sum[0], sum1 = job->sum[1], sum2 = job->sum[2], sum3 = job->sum[3];
    const int8_t *x = job->x, *w = job->w;
    const int32_t x_tap = job->x_tap, w_tap = job->w_tap;
    for (;;) {
        for (const int8_t *last = w + (job->w_run - w_tap);; w += w_tap, x += x_tap) {
            sum0 += x[0] * w[0];
            sum1 += x[1] * w[1];
            sum2 += x[2] * w[2];
            sum3 += x[3] * w[3];
            if (w == last)
                break;
        }
        if (--job->rows == 0)
            break;
        x += x_tap + job->x_skip;
        w += w_tap + job->w_skip;
    }
    job->sum[0] = sum0;
    job->sum[1] = sum1;
    job->sum[2] = sum2;
    job->sum[3] = sum3;
}

#endif

#endif
