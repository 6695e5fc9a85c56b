/* SPDX-License-Identifier: Apache-2.0
 *
 * What the DSP depthwise convolution reads, two channels at a time: columns of two rows become words of two int16,
 * the upper row low, less the zero point. A row that is null gives zeros. */
#ifndef MOTE_DEPTHWISE_GATHER_H
#define MOTE_DEPTHWISE_GATHER_H

#include "mote_dsp.h"

/* Rows of words. The assembly knows the order of the fields. */
typedef struct {
    uint32_t plane;         /* bytes from the words of the first channel to those of the second */
    int32_t count;          /* of columns */
    uint32_t dilation;      /* bytes between the pointers to the rows of a word */
    int32_t offset;         /* from the start of a row to the first column of the first channel */
    int32_t column;         /* from one column to the next */
    const int8_t *zeros;    /* the zero point, twice */
    uint32_t x_step;        /* bytes from the pointer to an upper row to that of the next row of words */
    uint32_t skip;          /* bytes between rows of words */
    const int8_t *const *x; /* to the first upper row */
    const int8_t *const *x_end;
    uint32_t *to;
    uint32_t less;          /* the zero point negated, twice */
} mote_gather_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0 upper row, r1 lower row, r2 and r3 their columns' distances, r4 and r5 words of both channels, r6
 * columns left less two, r7 less, r8-r11 free, r12 x; the stack holds the job. */
__attribute__((naked, noinline, unused)) static void
mote_gather(__attribute__((unused)) const mote_gather_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r0, r4-r11, lr}\n\t"
        "ldrd r12, lr, [r0, #32]\n\t"
        "ldrd r4, r7, [r0, #40]\n\t"
        "cmp r12, lr\n\t"
        "beq 5f\n\t"
        ".balign 4\n\t"
        "1: ldr lr, [sp]\n\t"
        "ldm lr, {r5, r6, r8-r11}\n\t"
        "ldr r0, [r12]\n\t"
        "ldr r1, [r12, r8]\n\t"
        "mov r2, r10\n\t"
        "mov r3, r10\n\t"
        "add r5, r5, r4\n\t"
        "cmp r0, #0\n\t"
        "itte eq\n\t"
        "moveq r0, r11\n\t"
        "moveq r2, #0\n\t"
        "addne r0, r0, r9\n\t"
        "cmp r1, #0\n\t"
        "itte eq\n\t"
        "moveq r1, r11\n\t"
        "moveq r3, #0\n\t"
        "addne r1, r1, r9\n\t"
        "subs r6, r6, #2\n\t"
        "blt 3f\n\t"
        ".balign 4\n\t"
        "2: ldrh.w r8, [r0]\n\t"
        "ldrh.w r9, [r1]\n\t"
        "ldrh.w r10, [r0, r2]\n\t"
        "ldrh.w r11, [r1, r3]\n\t"
        "add r0, r0, r2, lsl #1\n\t"
        "add r1, r1, r3, lsl #1\n\t"
        "pkhbt r8, r8, r9, lsl #16\n\t"
        "pkhbt r10, r10, r11, lsl #16\n\t"
        "sxtab16 r9, r7, r8\n\t"
        "sxtab16 r11, r7, r10\n\t"
        "sxtab16 r8, r7, r8, ror #8\n\t"
        "sxtab16 r10, r7, r10, ror #8\n\t"
        "str r9, [r4], #8\n\t"
        "str r11, [r4, #-4]\n\t"
        "str r8, [r5], #8\n\t"
        "str r10, [r5, #-4]\n\t"
        "subs r6, r6, #2\n\t"
        "bge 2b\n\t"
        "3: adds r6, r6, #1\n\t"
        "blt 4f\n\t"
        "ldrh.w r8, [r0]\n\t"
        "ldrh.w r9, [r1]\n\t"
        "pkhbt r8, r8, r9, lsl #16\n\t"
        "sxtab16 r9, r7, r8\n\t"
        "sxtab16 r8, r7, r8, ror #8\n\t"
        "str r9, [r4], #4\n\t"
        "str r8, [r5]\n\t"
        "4: ldr lr, [sp]\n\t"
        "ldrd r8, r9, [lr, #24]\n\t"
        "ldr r10, [lr, #36]\n\t"
        "add r12, r12, r8\n\t"
        "add r4, r4, r9\n\t"
        "cmp r12, r10\n\t"
        "bne 1b\n\t"
        "5: pop {r0, r4-r11, pc}\n\t");
}

#else

static inline void mote_gather(const mote_gather_job *job)
{
    uint32_t *to = job->to;
    for (const int8_t *const *x = job->x; x != job->x_end; x += job->x_step / sizeof *x) {
        const int8_t *upper = *x, *lower = x[job->dilation / sizeof *x];
        for (int32_t i = 0; i < job->count; i++, to++) {
            const int32_t at = job->offset + i * job->column;
            const int8_t *a = upper ? upper + at : job->zeros, *b = lower ? lower + at : job->zeros;
            const uint32_t bytes = mote_pkhbt(mote_read16(a), mote_read16(b));
            to[0] = mote_sxtab16(job->less, bytes);
            to[job->plane / sizeof *to] = mote_sxtab16_ror8(job->less, bytes);
        }
        to += job->skip / sizeof *to;
    }
}

#endif

#endif
