/* SPDX-License-Identifier: Apache-2.0
 *
 * What the DSP depthwise convolution with three sums in 64 bits reads of a channel, as words of two values less their
 * zero point: row by row of x, plane by plane, the words that lie inside the image. */
#ifndef MOTE_DEPTHWISE_SLOTS_GATHER_H
#define MOTE_DEPTHWISE_SLOTS_GATHER_H

#include "mote_depthwise_slots_job.h"

/* Rows of x that lie inside the image. The assembly knows the order of the fields. */
typedef struct {
    const int8_t *const *x, *const *x_end;
    uint32_t zeros;   /* a word of two x_zero */
    int32_t channel;  /* bytes from the start of a pixel */
    int32_t pixel;    /* bytes */
    int32_t *to;      /* the first word inside, of the first row */
    int32_t width;    /* bytes of a row of x */
    uint32_t plane;   /* bytes from a plane to the next, and from the last one of a row to the next row */
} mote_slots_source;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__ARM_FP)

/* Words of pixels a and b. */
#define MOTE_SLOTS_WORD(word, a, b) "add " #word ", " #a ", " #b ", lsl #21\n\t"

/* Four words of eight pixels from r11 up, or two of four, to r4 up: even pixels first where the stride is two. */
#if MOTE_SLOTS_STRIDE == 1 && MOTE_SLOTS_PAIRS == 2
#define MOTE_SLOTS_LOAD                                                                              \
    "ldrsb r4, [r11]\n\t"                                                                            \
    "ldrsb r5, [r11, r3]\n\t"                                                                        \
    "ldrsb r6, [r11, r3, lsl #1]\n\t"                                                                \
    "ldrsb r7, [r11, r12]\n\t"                                                                       \
    MOTE_SLOTS_WORD(r4, r4, r5) MOTE_SLOTS_WORD(r5, r6, r7)                                          \
    "subs r4, r4, r1\n\t"                                                                            \
    "subs r5, r5, r1\n\t"
#define MOTE_SLOTS_STORE "stm lr!, {r4, r5}\n\t"
#else
#define MOTE_SLOTS_PIXELS                                                                            \
    "ldrsb r4, [r11]\n\t"                                                                            \
    "ldrsb r5, [r11, r3]\n\t"                                                                        \
    "ldrsb r6, [r11, r3, lsl #1]\n\t"                                                                \
    "ldrsb r7, [r11, r12]\n\t"                                                                       \
    "ldrsb r8, [r11, r3, lsl #2]\n\t"                                                                \
    "ldrsb r10, [r11, r12, lsl #1]\n\t"                                                              \
    "add r11, r11, r3, lsl #2\n\t"                                                                   \
    "ldrsb r9, [r11, r3]\n\t"                                                                        \
    "ldrsb r2, [r11, r12]\n\t"
#if MOTE_SLOTS_PAIRS == 5
/* The last word is of a pixel and the padding. */
#define MOTE_SLOTS_LOAD                                                                              \
    MOTE_SLOTS_PIXELS                                                                                \
    "ldrsb r11, [r11, r3, lsl #2]\n\t"                                                               \
    MOTE_SLOTS_WORD(r4, r4, r5) MOTE_SLOTS_WORD(r5, r6, r7)                                          \
    MOTE_SLOTS_WORD(r6, r8, r9) MOTE_SLOTS_WORD(r7, r10, r2)                                         \
    "sxtb r2, r1\n\t"                                                                                \
    MOTE_SLOTS_WORD(r8, r11, r2) MOTE_SLOTS_LESS                                                     \
    "sub r8, r8, r1\n\t"
#elif MOTE_SLOTS_STRIDE == 1
#define MOTE_SLOTS_LOAD                                                                              \
    MOTE_SLOTS_PIXELS MOTE_SLOTS_WORD(r4, r4, r5) MOTE_SLOTS_WORD(r5, r6, r7)                        \
    MOTE_SLOTS_WORD(r6, r8, r9) MOTE_SLOTS_WORD(r7, r10, r2) MOTE_SLOTS_LESS
#else
#define MOTE_SLOTS_LOAD                                                                              \
    MOTE_SLOTS_PIXELS MOTE_SLOTS_WORD(r4, r4, r6) MOTE_SLOTS_WORD(r6, r5, r7)                        \
    MOTE_SLOTS_WORD(r5, r8, r10) MOTE_SLOTS_WORD(r7, r9, r2) MOTE_SLOTS_LESS
#endif
#define MOTE_SLOTS_LESS                                                                              \
    "subs r4, r4, r1\n\t"                                                                            \
    "subs r5, r5, r1\n\t"                                                                            \
    "subs r6, r6, r1\n\t"                                                                            \
    "subs r7, r7, r1\n\t"
#if MOTE_SLOTS_PAIRS == 5
#define MOTE_SLOTS_STORE "stm lr!, {r4-r8}\n\t"
#else
#define MOTE_SLOTS_STORE "stm lr!, {r4-r7}\n\t"
#endif
#endif

/* Registers: r0 pointer to a row, r1 zeros, r3 and r12 from a pixel to the first and the third one behind it, r11 x, lr
 * words; r2, r4 to r10 pixels. The stack holds where pointers end, channel, bytes of a row and of a plane. */
__attribute__((naked, noinline, unused)) static void
mote_slots_gather(__attribute__((unused)) const mote_slots_source *source)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "ldm r0, {r4-r11}\n\t"
        "push {r5, r7, r10, r11}\n\t"
        "mov r0, r4\n\t"
        "mov r1, r6\n\t"
        "mov r3, r8\n\t"
        "add r12, r8, r8, lsl #1\n\t"
        "mov lr, r9\n\t"
        ".balign 4\n\t"
        "1: ldr r11, [r0], #4\n\t"
        "ldr r2, [sp, #4]\n\t"
        "add r11, r11, r2\n\t"
#if MOTE_SLOTS_BESIDE
        "ldr r2, [sp, #8]\n\t"
        "add r2, r2, r11\n\t"
        "vmov s0, r2\n\t"
        "2:\n\t" MOTE_SLOTS_LOAD
        "ldr r10, [sp, #12]\n\t"
        "stm lr!, {r4, r5}\n\t"
        "add r9, lr, r10\n\t"
        "strd r6, r7, [r9, #-8]\n\t"
        "vmov r2, s0\n\t"
        "add r11, r11, r3, lsl #2\n\t"
        "cmp r11, r2\n\t"
        "bne 2b\n\t"
        "add lr, r9, #8\n\t" /* two words outside */
#else
        MOTE_SLOTS_LOAD MOTE_SLOTS_STORE
#endif
        "ldr r2, [sp]\n\t"
        "cmp r0, r2\n\t"
        "bne 1b\n\t"
        "add sp, sp, #16\n\t"
        "pop {r4-r11, pc}\n\t");
}

#else

static inline void mote_slots_gather(const mote_slots_source *source)
{
    int32_t *to = source->to;
    for (const int8_t *const *x = source->x; x != source->x_end; x++)
        for (int32_t plane = 0; plane < MOTE_SLOTS_PLANES; plane++, to += source->plane / 4) {
            const int32_t step = MOTE_SLOTS_STRIDE * source->pixel;
            int32_t *word = to;
            for (int32_t at = 0; at < source->width; at += 2 * step) {
                const int8_t *p = *x + source->channel + plane * source->pixel + at;
                const int8_t second = at + step < source->width ? p[step] : (int8_t)(source->zeros & 255);
                *word++ = (int32_t)((uint32_t)p[0] + ((uint32_t)second << MOTE_SLOT) - source->zeros);
            }
        }
}

#endif

#endif
