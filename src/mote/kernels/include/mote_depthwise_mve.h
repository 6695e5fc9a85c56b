/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner parts of the MVE depthwise convolutions 3 x 3: columns of three bytes for eight channels, and the
 * windows of four of those channels along a row. A window is 12 bytes in one piece, its result one VMLAV.
 *
 * Requantisation and its bounds as in mote_dot_mve.h; MOTE_SINGLE selects single rounding. */
#ifndef MOTE_DEPTHWISE_MVE_H
#define MOTE_DEPTHWISE_MVE_H

#include "mote_requantize.h"

#include <stdint.h>

#ifndef MOTE_SINGLE
#define MOTE_SINGLE 0
#endif

#define MOTE_COLUMN 4 /* bytes: three rows, and one that meets no weight */

typedef struct {
    const int8_t *x[3];   /* eight channels of three rows */
    uint32_t step[3];     /* to the next column */
    uint16_t offsets[16]; /* of the channels in the result, then the same plus 2 */
} mote_columns_job;

typedef struct {
    int32_t low[4], high[4];
    int32_t bias[4], place[4];  /* of the four channels; filled in by mote_multiply_windows */
    const int32_t *next_bias;   /* [quads][4] */
    const int8_t *weights;      /* [quads][4][3 columns][3] */
    const int32_t *multiplier;  /* [quads][4] */
    const int16_t *finish;      /* [quads][4]: right shifts, negative */
    const uint8_t *lanes;       /* [quads][4]: which of the eight channels, and their places behind y */
    const int8_t *x;            /* first window of the first of the eight; 16 bytes of each are read */
    uint32_t lane_bytes;        /* from channel to channel of x */
    uint32_t quads;             /* at least 1; 0 afterwards */
    int8_t *y;                  /* of the first pixel */
    uint32_t pixels;            /* at least 1 */
    uint32_t channels;          /* from pixel to pixel of y */
    int32_t zero;               /* y_zero */
    uint8_t taps[16];           /* where the bytes of a window meet their weights */
} mote_windows_job;

#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE

/* to: column 0 of channel 0, 2-byte aligned. */
static inline void mote_put_columns(const mote_columns_job *job, uint32_t columns, int8_t *to)
{
    const int8_t *x0 = job->x[0], *x1 = job->x[1], *x2 = job->x[2];
    __asm volatile("vldrh.u16 q3, [%8]\n\t"
                   "vldrh.u16 q4, [%8, #16]\n\t"
                   "dls lr, %7\n\t"
                   "1: vldrb.u16 q0, [%0]\n\t"
                   "vldrb.u16 q1, [%1]\n\t"
                   "vldrb.u16 q2, [%2]\n\t"
                   "add %0, %0, %4\n\t"
                   "add %1, %1, %5\n\t"
                   "add %2, %2, %6\n\t"
                   "vsli.16 q0, q1, #8\n\t"
                   "vstrh.16 q0, [%3, q3]\n\t"
                   "vstrh.16 q2, [%3, q4]\n\t"
                   "add %3, %3, #4\n\t"
                   "le lr, 1b"
                   : "+l"(x0), "+l"(x1), "+l"(x2), "+r"(to)
                   : "r"(job->step[0]), "r"(job->step[1]), "r"(job->step[2]), "r"(columns), "r"(job->offsets)
                   : "lr", "q0", "q1", "q2", "q3", "q4", "memory");
}

#if MOTE_SINGLE
#define MOTE_WINDOWS_HIGH "vqdmulh.s32 q0, q0, q1\n\t"
#else
#define MOTE_WINDOWS_HIGH                                                                            \
    "vqrdmulh.s32 q0, q0, q1\n\t"                                                                    \
    "vshr.s32 q3, q0, #31\n\t"                                                                       \
    "vadd.i32 q0, q0, q3\n\t"
#endif

/* Registers: lr job; r0-r3 windows; r4, r6, r8, r10 sums; r5 y, r9 channels, r11 zero, r12 pixels left; q4-q7
 * weights, q1 multiplier, q2 right shift. step: bytes from window to window. */
#define MOTE_WINDOWS(job, step)                                                                      \
    do {                                                                                             \
        register mote_windows_job *at __asm("r0") = (job);                                           \
        __asm volatile("mov lr, r0\n\t"                                                              \
                       "9: ldr r5, [lr, #64]\n\t"                                                    \
                       "vldrw.u32 q0, [r5], #16\n\t"                                                 \
                       "str r5, [lr, #64]\n\t"                                                       \
                       "vstrw.32 q0, [lr, #32]\n\t"                                                  \
                       "ldr r1, [lr, #68]\n\t"                                                       \
                       "vldrb.u8 q3, [lr, #112]\n\t"                                                 \
                       "movw r2, #0x0777\n\t" /* no weights meet the other bytes of 16 */            \
                       "vmsr p0, r2\n\t"                                                             \
                       "movs r3, #9\n\t"                                                             \
                       "vpstttt\n\t"                                                                 \
                       "vldrbt.u8 q4, [r1, q3]\n\t"                                                  \
                       "vaddt.i8 q3, q3, r3\n\t"                                                     \
                       "vldrbt.u8 q5, [r1, q3]\n\t"                                                  \
                       "vaddt.i8 q3, q3, r3\n\t"                                                     \
                       "vpsttt\n\t"                                                                  \
                       "vldrbt.u8 q6, [r1, q3]\n\t"                                                  \
                       "vaddt.i8 q3, q3, r3\n\t"                                                     \
                       "vldrbt.u8 q7, [r1, q3]\n\t"                                                  \
                       "adds r1, r1, #36\n\t"                                                        \
                       "ldrd r2, r3, [lr, #72]\n\t"                                                  \
                       "vldrw.u32 q1, [r2], #16\n\t"                                                 \
                       "vldrh.s32 q2, [r3], #8\n\t"                                                  \
                       "ldrd r5, r4, [lr, #80]\n\t"                                                  \
                       "vldrb.u32 q3, [r5], #4\n\t"                                                  \
                       "strd r1, r2, [lr, #68]\n\t"                                                  \
                       "strd r3, r5, [lr, #76]\n\t"                                                  \
                       "vstrw.32 q3, [lr, #48]\n\t"                                                  \
                       "ldrd r1, r3, [lr, #88]\n\t"                                                  \
                       "vmul.i32 q0, q3, r1\n\t"                                                     \
                       "vadd.i32 q0, q0, r4\n\t"                                                     \
                       "subs r3, r3, #1\n\t"                                                         \
                       "str r3, [lr, #92]\n\t"                                                       \
                       "vmov r0, r2, q0[2], q0[0]\n\t"                                               \
                       "vmov r1, r3, q0[3], q0[1]\n\t"                                               \
                       "ldrd r5, r12, [lr, #96]\n\t"                                                 \
                       "ldrd r9, r11, [lr, #104]\n\t"                                                \
                       "1: vldrb.u8 q0, [r0], #" step "\n\t"                                         \
                       "vmlav.s8 r4, q0, q4\n\t"                                                     \
                       "vldrb.u8 q0, [r1], #" step "\n\t"                                            \
                       "vmlav.s8 r6, q0, q5\n\t"                                                     \
                       "vldrb.u8 q0, [r2], #" step "\n\t"                                            \
                       "vmlav.s8 r8, q0, q6\n\t"                                                     \
                       "vldrb.u8 q0, [r3], #" step "\n\t"                                            \
                       "vmlav.s8 r10, q0, q7\n\t"                                                    \
                       "vldrw.u32 q3, [lr, #32]\n\t"                                                 \
                       "vmov q0[2], q0[0], r4, r8\n\t"                                               \
                       "vmov q0[3], q0[1], r6, r10\n\t"                                              \
                       "vadd.i32 q0, q0, q3\n\t" MOTE_WINDOWS_HIGH                                   \
                       "vldrw.u32 q3, [lr]\n\t"                                                      \
                       "vrshl.s32 q0, q0, q2\n\t"                                                    \
                       "vadd.i32 q0, q0, r11\n\t"                                                    \
                       "vmax.s32 q0, q0, q3\n\t"                                                     \
                       "vldrw.u32 q3, [lr, #16]\n\t"                                                 \
                       "vmin.s32 q0, q0, q3\n\t"                                                     \
                       "vldrw.u32 q3, [lr, #48]\n\t"                                                 \
                       "vstrb.32 q0, [r5, q3]\n\t"                                                   \
                       "add r5, r5, r9\n\t"                                                          \
                       "subs r12, r12, #1\n\t"                                                       \
                       "bne 1b\n\t"                                                                  \
                       "ldr r3, [lr, #92]\n\t"                                                       \
                       "cmp r3, #0\n\t"                                                              \
                       "bne 9b"                                                                      \
                       : "+r"(at)                                                                    \
                       :                                                                             \
                       : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr",  \
                         "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "cc", "memory");            \
    } while (0)

/* Leads the pointers of the job, but for y, on to the next channels. stride: 1 or 2. */
static inline void mote_multiply_windows(mote_windows_job *job, uint32_t stride)
{
    if (stride == 1)
        MOTE_WINDOWS(job, "4");
    else
        MOTE_WINDOWS(job, "8");
}

#else

static inline void mote_put_columns(const mote_columns_job *job, uint32_t columns, int8_t *to)
{
    for (uint32_t column = 0; column < columns; column++, to += MOTE_COLUMN)
        for (uint32_t i = 0; i < 8; i++) {
            int8_t *bytes = to + job->offsets[i];
            for (uint32_t ky = 0; ky < 3; ky++)
                bytes[ky] = job->x[ky][column * job->step[ky] + i];
            bytes[3] = 0;
        }
}

static inline void mote_multiply_windows(mote_windows_job *job, uint32_t stride)
{
    for (; job->quads > 0; job->quads--) {
        for (uint32_t i = 0; i < 4; i++) {
            const int8_t *window = job->x + job->lanes[i] * job->lane_bytes;
            int8_t *y = job->y + job->lanes[i];
            const int32_t rounding = MOTE_SINGLE ? 0 : MOTE_HALF;
            for (uint32_t n = 0; n < job->pixels; n++, window += stride * MOTE_COLUMN, y += job->channels) {
                const int8_t *x = window, *w = job->weights + 9 * i;
                int32_t sum = job->next_bias[i];
                for (uint32_t kx = 0; kx < 3; kx++, x += MOTE_COLUMN, w += 3)
                    sum += x[0] * w[0] + x[1] * w[1] + x[2] * w[2];
                sum = mote_requantize(sum, job->multiplier[i], -job->finish[i], rounding);
                *y = mote_clamp_s8(sum + job->zero, job->low[i], job->high[i]);
            }
        }
        job->next_bias += 4;
        job->weights += 36;
        job->multiplier += 4;
        job->finish += 4;
        job->lanes += 4;
    }
}

#endif

#endif
