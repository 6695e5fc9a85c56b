/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole map of 4 x 4 pixels with three sums in 64 bits, as mote_depthwise_slots.h says: the eight words of a channel
 * are in registers at once, and so is what one row of results adds up. For Arm cores alone; elsewhere the blocks of
 * mote_depthwise_slots.h compute the same. MOTE_SLOTS_TAPS: 5 or 3. */
#ifndef MOTE_DEPTHWISE_SLOTS_PLANE_H
#define MOTE_DEPTHWISE_SLOTS_PLANE_H

#include "mote_depthwise_slots_job.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__ARM_FP)

/* All channels. The assembly knows the order of the fields. */
typedef struct {
    const int8_t *x[4];                /* rows, at the first channel */
    const mote_slots_channel *channel; /* the first one */
    int8_t *y;                         /* at the first channel */
    int32_t x_pixel, y_pixel;          /* bytes */
    uint32_t zeros;                    /* a word of two x_zero */
} mote_slots_plane_job;

/* Row t of the window meets a row of x, words a and b. */
#define MOTE_PLANE_W(n) "vmov lr, s" #n "\n\t"
#if MOTE_SLOTS_TAPS == 3
#define MOTE_PLANE_STEP(w0, w1, w2, a, b)                                                            \
    MOTE_PLANE_W(w0) "smlal r2, r3, " #a ", lr\n\tmla r4, " #b ", lr, r4\n\t"                        \
    MOTE_PLANE_W(w1) "smlal r0, r1, " #a ", lr\n\tsmlal r2, r3, " #b ", lr\n\t"
#define MOTE_PLANE_ROW_1(a, b)
#define MOTE_PLANE_ROW_2(a, b) MOTE_PLANE_STEP(0, 1, , a, b)
#define MOTE_PLANE_ROW_3(a, b) MOTE_PLANE_STEP(2, 3, , a, b)
#define MOTE_PLANE_ROW_4(a, b) MOTE_PLANE_STEP(4, 5, , a, b)
#define MOTE_PLANE_ROW_5(a, b)
#define MOTE_PLANE_CHANNEL "{s0-s8}"
#define MOTE_PLANE_LINE "vmov r4, s6\n\tvmov lr, s7\n\t"
#define MOTE_PLANE_START "vmov r4, s8\n\t"
#else
#define MOTE_PLANE_STEP(w0, w1, w2, a, b)                                                            \
    MOTE_PLANE_W(w0) "smlal r2, r3, " #a ", lr\n\tmla r4, " #b ", lr, r4\n\t"                        \
    MOTE_PLANE_W(w1) "smlal r0, r1, " #a ", lr\n\tsmlal r2, r3, " #b ", lr\n\t"                      \
    MOTE_PLANE_W(w2) "smlal r0, r1, " #b ", lr\n\t"
#define MOTE_PLANE_ROW_1(a, b) MOTE_PLANE_STEP(0, 1, 2, a, b)
#define MOTE_PLANE_ROW_2(a, b) MOTE_PLANE_STEP(3, 4, 5, a, b)
#define MOTE_PLANE_ROW_3(a, b) MOTE_PLANE_STEP(6, 7, 8, a, b)
#define MOTE_PLANE_ROW_4(a, b) MOTE_PLANE_STEP(9, 10, 11, a, b)
#define MOTE_PLANE_ROW_5(a, b) MOTE_PLANE_STEP(12, 13, 14, a, b)
#define MOTE_PLANE_CHANNEL "{s0-s17}"
#define MOTE_PLANE_LINE "vmov r4, s15\n\tvmov lr, s16\n\t"
#define MOTE_PLANE_START "vmov r4, s17\n\t"
#endif

/* Four words of a row, from pixels p, q, r and s. */
#define MOTE_PLANE_WORDS(a, b, p, q, r, s)                                                           \
    "add " #a ", " #p ", " #q ", lsl #21\n\tadd " #b ", " #r ", " #s ", lsl #21\n\t"

/* A row of results: what the rows of its window add up, then four results. */
#define MOTE_PLANE_BEGIN                                                                             \
    MOTE_PLANE_START                                                                                 \
    "add r0, r4, r4, lsl #21\n\t"                                                                    \
    "lsr r1, r4, #11\n\t"                                                                            \
    "mov r2, r0\n\t"                                                                                 \
    "mov r3, r1\n\t"
#define MOTE_PLANE_END                                                                               \
    "lsr r0, r0, #21\n\t"                                                                            \
    "bfi r0, r1, #11, #10\n\t"                                                                       \
    "ubfx lr, r2, #0, #21\n\t"                                                                       \
    "add r1, lr, r1, asr #10\n\t"                                                                    \
    "lsr r2, r2, #21\n\t"                                                                            \
    "bfi r2, r3, #11, #10\n\t"                                                                       \
    "ubfx r4, r4, #0, #21\n\t"                                                                       \
    "add r3, r4, r3, asr #10\n\t"                                                                    \
    MOTE_PLANE_LINE                                                                                  \
    "smmla r0, r0, r4, lr\n\t"                                                                       \
    "smmla r1, r1, r4, lr\n\t"                                                                       \
    "smmla r2, r2, r4, lr\n\t"                                                                       \
    "smmla r3, r3, r4, lr\n\t"                                                                       \
    "vmov r4, s18\n\t"                                                                               \
    "vmov lr, s19\n\t"                                                                               \
    "ssat r0, #8, r0, asr #4\n\t"                                                                    \
    "ssat r1, #8, r1, asr #4\n\t"                                                                    \
    "ssat r2, #8, r2, asr #4\n\t"                                                                    \
    "ssat r3, #8, r3, asr #4\n\t"                                                                    \
    "strb r0, [r4]\n\t"                                                                              \
    "strb r1, [r4, lr]\n\t"                                                                          \
    "strb r2, [r4, lr, lsl #1]\n\t"                                                                  \
    "add r4, r4, lr\n\t"                                                                             \
    "strb r3, [r4, lr, lsl #1]\n\t"                                                                  \
    "add lr, lr, lr, lsl #1\n\t"                                                                     \
    "add r4, r4, lr\n\t"                                                                             \
    "vmov s18, r4\n\t"

/* Registers: r0 to r4 sums, r5 to r12 x, two words of each row, lr weights. s18 y, s19 its pixel, s20 channel. The stack
 * holds the rows of x, y, pixels of x, and zeros. */
__attribute__((naked, noinline, unused)) static void
mote_slots_plane(__attribute__((unused)) const mote_slots_plane_job *job)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "vpush {s16-s21}\n\t"
        "ldm r0, {r1-r9}\n\t"
        "vmov s19, r8\n\t"
        "vmov s20, r5\n\t"
        "mov r5, r6\n\t"
        "mov r6, r7\n\t"
        "mov r7, r9\n\t"
        "push {r1-r7}\n\t"
        ".balign 4\n\t"
        "1: ldm sp, {r0, r3, r4, r9, r12, lr}\n\t" /* rows of x, y, pixel */
        "vmov s18, r12\n\t"
        "add r2, lr, lr, lsl #1\n\t"
        "mov r1, lr\n\t"
        "mov lr, r9\n\t"
        "ldrsb r5, [r0]\n\t"
        "ldrsb r6, [r0, r1]\n\t"
        "ldrsb r7, [r0, r1, lsl #1]\n\t"
        "ldrsb r8, [r0, r2]\n\t"
        "ldrsb r9, [r3]\n\t"
        "ldrsb r10, [r3, r1]\n\t"
        "ldrsb r11, [r3, r1, lsl #1]\n\t"
        "ldrsb r12, [r3, r2]\n\t"
        MOTE_PLANE_WORDS(r5, r6, r5, r6, r7, r8)
        MOTE_PLANE_WORDS(r7, r8, r9, r10, r11, r12)
        "ldrsb r9, [r4]\n\t"
        "ldrsb r10, [r4, r1]\n\t"
        "ldrsb r11, [r4, r1, lsl #1]\n\t"
        "ldrsb r12, [r4, r2]\n\t"
        MOTE_PLANE_WORDS(r9, r10, r9, r10, r11, r12)
        "ldrsb r11, [lr]\n\t"
        "ldrsb r12, [lr, r1]\n\t"
        "ldrsb r3, [lr, r1, lsl #1]\n\t"
        "ldrsb r4, [lr, r2]\n\t"
        "ldr lr, [sp, #24]\n\t"
        MOTE_PLANE_WORDS(r11, r12, r11, r12, r3, r4)
        "subs r5, r5, lr\n\t"
        "subs r6, r6, lr\n\t"
        "subs r7, r7, lr\n\t"
        "sub r8, r8, lr\n\t"
        "sub r9, r9, lr\n\t"
        "sub r10, r10, lr\n\t"
        "sub r11, r11, lr\n\t"
        "sub r12, r12, lr\n\t"
        "vmov r0, s20\n\t"
        "ldr r1, [r0], #4\n\t"
        "vldmia r0!, " MOTE_PLANE_CHANNEL "\n\t"
        "vmov s20, r0\n\t"
        "vmov s21, r1\n\t"
        MOTE_PLANE_BEGIN
        MOTE_PLANE_ROW_3(r5, r6) MOTE_PLANE_ROW_4(r7, r8) MOTE_PLANE_ROW_5(r9, r10)
        MOTE_PLANE_END
        MOTE_PLANE_BEGIN
        MOTE_PLANE_ROW_2(r5, r6) MOTE_PLANE_ROW_3(r7, r8) MOTE_PLANE_ROW_4(r9, r10) MOTE_PLANE_ROW_5(r11, r12)
        MOTE_PLANE_END
        MOTE_PLANE_BEGIN
        MOTE_PLANE_ROW_1(r5, r6) MOTE_PLANE_ROW_2(r7, r8) MOTE_PLANE_ROW_3(r9, r10) MOTE_PLANE_ROW_4(r11, r12)
        MOTE_PLANE_END
        MOTE_PLANE_BEGIN
        MOTE_PLANE_ROW_1(r7, r8) MOTE_PLANE_ROW_2(r9, r10) MOTE_PLANE_ROW_3(r11, r12)
        MOTE_PLANE_END
        "ldm sp, {r0-r4}\n\t"
        "vmov r5, s21\n\t"
        "adds r0, r0, r5\n\t"
        "adds r1, r1, r5\n\t"
        "adds r2, r2, r5\n\t"
        "adds r3, r3, r5\n\t"
        "adds r4, r4, r5\n\t"
        "stm sp, {r0-r4}\n\t"
        "cmp r5, #0\n\t"
        "bne 1b\n\t"
        "add sp, sp, #28\n\t"
        "vpop {s16-s21}\n\t"
        "pop {r4-r11, pc}\n\t");
}

#endif

#endif
