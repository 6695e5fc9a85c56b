/* SPDX-License-Identifier: Apache-2.0
 *
 * From the sums of mote_dot_swar.h to int8: some channels of up to four pixels, through mote_narrow.h. */
#ifndef MOTE_NARROW_SWAR_H
#define MOTE_NARROW_SWAR_H

#include "mote_dot_swar.h"
#include "mote_narrow.h"

/* The assembly knows the order of the fields. A call moves narrow on to the next channel. */
typedef struct {
    const int32_t *narrow;
    const mote_swar_sums *sums; /* [channels][words] */
    int8_t *y, *y_end;          /* of the first pixel: channels, at least one */
    uint32_t y_pixel[3];        /* distances of the other pixels; the second is 0 when there is one word */
    mote_narrow_layer layer;
} mote_narrow_swar_job;

#if defined(__ARM_ARCH_6M__)

/* Registers beside those of MOTE_NARROW: r0 job and a, r4 sums, r5 a of the word's second pixel, r6 start, r7 y,
 * r9-r11 y_pixel. The stack holds the job as well. */
#define MOTE_NARROW_WORD(bend, place0, place1)                                                       \
    "ldm r4!, {r0, r5}\n\tlsls r1, r5, #16\n\tsubs r0, r0, r1\n\tadds r0, r0, r6\n\t"  \
    MOTE_NARROW("r0", bend) place0 "adds r5, r5, r6\n\t" MOTE_NARROW("r5", bend) place1

#define MOTE_NARROW_SWAR(name, words, bend)                                                          \
    __attribute__((naked, noinline, unused)) static void name(                                       \
        __attribute__((unused)) mote_narrow_swar_job *job)                                           \
    {                                                                                                \
        __asm volatile(".syntax unified\n\t"                                                         \
                       "push {r4-r7, lr}\n\t"                                                        \
                       "mov r4, r8\n\t"                                                              \
                       "mov r5, r9\n\t"                                                              \
                       "mov r6, r10\n\t"                                                             \
                       "mov r7, r11\n\t"                                                             \
                       "ldr r1, [r0, #36]\n\t"                                                       \
                       "push {r0-r2, r4-r7}\n\t"                                                     \
                       "ldr r1, [r0, #16]\n\t"                                                       \
                       "mov r9, r1\n\t"                                                              \
                       "ldr r1, [r0, #20]\n\t"                                                       \
                       "mov r10, r1\n\t"                                                             \
                       "ldr r1, [r0, #24]\n\t"                                                       \
                       "mov r11, r1\n\t"                                                             \
                       "ldr r4, [r0, #4]\n\t"                                                        \
                       "ldr r7, [r0, #8]\n\t"                                                        \
                       "1: ldr r1, [r0]\n\t" words                                                   \
                       "str r1, [r0]\n\t"                                                            \
                       "uxth r1, r3\n\t"                                                             \
                       "lsls r1, r1, #4\n\t"                                                         \
                       "mov r8, r1\n\t"                                                              \
                       "lsrs r3, r3, #16\n\t"                                                        \
                       "ldr r1, [r0, #28]\n\t"                                                       \
                       "lsls r3, r1\n\t"                                                             \
                       "ldr r1, [r0, #32]\n\t"                                                       \
                       "adds r3, r3, r1\n\t"                                                         \
                       "mov r12, r3\n\t"                                                             \
                       "lsrs r3, r2, #12\n\t"                                                        \
                       "lsls r2, r2, #20\n\t"                                                        \
                       "lsrs r2, r2, #20\n\t"                                                        \
                       MOTE_NARROW_WORD(bend, "strb r0, [r7]\n\t", "mov r1, r9\n\tstrb r5, [r7, r1]\n\t") \
                       "mov r1, r10\n\t"                                                             \
                       "cmp r1, #0\n\t"                                                              \
                       "beq 4f\n\t"                                                                  \
                       MOTE_NARROW_WORD(bend, "mov r1, r10\n\tstrb r0, [r7, r1]\n\t",                \
                                        "mov r1, r11\n\tstrb r5, [r7, r1]\n\t")                      \
                       "4: adds r7, r7, #1\n\t"                                                      \
                       "ldr r0, [sp]\n\t"                                                            \
                       "ldr r1, [r0, #12]\n\t"                                                       \
                       "cmp r7, r1\n\t"                                                              \
                       "bne 1b\n\t"                                                                  \
                       "pop {r0-r2, r4-r7}\n\t"                                                      \
                       "mov r8, r4\n\t"                                                              \
                       "mov r9, r5\n\t"                                                              \
                       "mov r10, r6\n\t"                                                             \
                       "mov r11, r7\n\t"                                                             \
                       "pop {r4-r7, pc}\n\t");                                                       \
    }

MOTE_NARROW_SWAR(mote_narrow_swar_straight, "ldm r1!, {r2, r3, r6}\n\t", MOTE_NARROW_STRAIGHT)
MOTE_NARROW_SWAR(mote_narrow_swar_bent, "ldm r1!, {r2, r3, r5, r6}\n\tstr r5, [sp, #8]\n\t",
                 MOTE_NARROW_BENT)

static inline void mote_narrow_swar(mote_narrow_swar_job *job)
{
    if (job->layer.is_bent)
        mote_narrow_swar_bent(job);
    else
        mote_narrow_swar_straight(job);
}

#else

static inline void mote_narrow_swar(mote_narrow_swar_job *job)
{
    const mote_swar_sums *sums = job->sums;
    const uint32_t words = job->y_pixel[1] ? 2 : 1;
    for (int8_t *y = job->y; y != job->y_end; y++, job->narrow += 3 + job->layer.is_bent)
        for (uint32_t word = 0; word < words; word++, sums++) {
            const uint32_t low = sums->all - ((uint32_t)sums->high << 16);
            int8_t *const at = word ? y + job->y_pixel[1] : y;
            at[0] = mote_narrow((int32_t)low, job->narrow, &job->layer);
            y[job->y_pixel[2 * word]] = mote_narrow(sums->high, job->narrow, &job->layer);
        }
}

#endif

#endif
