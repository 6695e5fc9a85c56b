/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the portable convolution and fully connected layer: four output channels at a time,
 * so that an input is read once for four products. */
#ifndef MOTE_DOT_4_H
#define MOTE_DOT_4_H

#include <stdint.h>

/* The assembly knows the order of the fields. A call may change x, w and rows. */
typedef struct {
    int32_t sum[4];
    const int8_t *x;
    int32_t run;     /* bytes of a row, at least 1 */
    const int8_t *w; /* of channel 0 */
    int32_t lane;    /* from the weights of one channel to those of the next */
    intptr_t x_row;  /* from one row to the next */
    int32_t w_row;
    int32_t rows; /* at least 1 */
} mote_dot_4_job;

#if defined(__ARM_ARCH_6M__)

/* Compilers make little use of the upper eight registers. Registers: r0 input, r1 end of its row, r2
 * minus what is left of the row, r3-r6 ends of the weights' rows, r7 free, r8-r11 sums, lr the job. */
#define MOTE_PRODUCT(w, sum)                                                                         \
    "ldrsb r7, [" #w ", r2]\n\t"                                                                     \
    "muls r7, r0\n\t"                                                                                \
    "add " #sum ", r7\n\t"

#define MOTE_INPUT                                                                                   \
    "ldrsb r0, [r1, r2]\n\t" MOTE_PRODUCT(r3, r8) MOTE_PRODUCT(r4, r9) MOTE_PRODUCT(r5, r10)         \
        MOTE_PRODUCT(r6, r11) "adds r2, #1\n\t"

__attribute__((naked, noinline)) static void
mote_dot_4(__attribute__((unused)) mote_dot_4_job *job)
{
    __asm volatile(".syntax unified\n\t"
                   "push {r4-r7, lr}\n\t"
                   "mov r4, r8\n\t"
                   "mov r5, r9\n\t"
                   "mov r6, r10\n\t"
                   "mov r7, r11\n\t"
                   "push {r4-r7}\n\t"
                   "mov lr, r0\n\t"
                   "ldm r0!, {r4-r7}\n\t"
                   "mov r8, r4\n\t"
                   "mov r9, r5\n\t"
                   "mov r10, r6\n\t"
                   "mov r11, r7\n\t"
                   "1: ldm r0!, {r1, r2, r3, r7}\n\t"
                   "adds r1, r1, r2\n\t"
                   "adds r3, r3, r2\n\t"
                   "adds r4, r3, r7\n\t"
                   "adds r5, r4, r7\n\t"
                   "adds r6, r5, r7\n\t"
                   "rsbs r2, r2, #0\n\t"
                   "lsrs r7, r2, #1\n\t"
                   "bcs 3f\n\t"
                   "2:" MOTE_INPUT
                   "3:" MOTE_INPUT
                   "bne 2b\n\t"
                   "mov r0, lr\n\t"
                   "adds r0, #16\n\t"
                   "ldr r1, [r0]\n\t"
                   "ldr r2, [r0, #16]\n\t"
                   "adds r1, r1, r2\n\t"
                   "str r1, [r0]\n\t"
                   "ldr r1, [r0, #8]\n\t"
                   "ldr r2, [r0, #20]\n\t"
                   "adds r1, r1, r2\n\t"
                   "str r1, [r0, #8]\n\t"
                   "ldr r1, [r0, #24]\n\t"
                   "subs r1, #1\n\t"
                   "str r1, [r0, #24]\n\t"
                   "bne 1b\n\t"
                   "mov r4, r8\n\t"
                   "mov r5, r9\n\t"
                   "mov r6, r10\n\t"
                   "mov r7, r11\n\t"
                   "mov r0, lr\n\t"
                   "stm r0!, {r4-r7}\n\t"
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
static void mote_dot_4(mote_dot_4_job *job)
{
    int32_t sum0 = job->sum[0], sum1 = job->sum[1], sum2 = job->sum[2], sum3 = job->sum[3];
    for (; job->rows > 0; job->rows--) {
        const int8_t *x = job->x, *w0 = job->w;
        const int8_t *w1 = w0 + job->lane, *w2 = w1 + job->lane, *w3 = w2 + job->lane;
        for (const int8_t *end = x + job->run; x != end;) {
            const int32_t value = *x++;
            sum0 += value * *w0++;
            sum1 += value * *w1++;
            sum2 += value * *w2++;
            sum3 += value * *w3++;
        }
        if (job->rows > 1) {
            job->x += job->x_row;
            job->w += job->w_row;
        }
    }
    job->sum[0] = sum0;
    job->sum[1] = sum1;
    job->sum[2] = sum2;
    job->sum[3] = sum3;
}

#endif

#endif
