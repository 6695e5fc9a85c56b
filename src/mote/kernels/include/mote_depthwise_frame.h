/* SPDX-License-Identifier: Apache-2.0
 *
 * What the inner parts of the DSP depthwise convolution 3 x 3 that compute a row of all channels have in common: how
 * sums are requantised, and the stack of those that compute some pixels of a row at a time. */
#ifndef MOTE_DEPTHWISE_FRAME_H
#define MOTE_DEPTHWISE_FRAME_H

#include "mote_depthwise_row_job.h"
#include "mote_strides.h"

/* A result is saturate(floor(sum * multiplier / 2^32) >> 8), where the sum starts with the channel's offset. */
#define MOTE_ROW_SHIFT 8

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#define MOTE_ROW_SCALE(s, multiplier) "smmul " s ", " s ", " multiplier "\n\t"
#define MOTE_ROW_SATURATE(s) "ssat " s ", #8, " s ", asr #8\n\t"

/* The stack holds W0, W1, W2, the first value of sums, (w[2][0], w[2][1]), (w[2][1], w[2][2]), multiplier, and the
 * channel's form; at 32 x where the last turn starts; at 36 values of the third row from the turn before, and
 * at 40 y, where these are used; at 44 the job, up to where x, the channel and its form are told, at 96. */
#define MOTE_FRAME_PUSH                                                                              \
    "push {r4-r11, lr}\n\t"                                                                          \
    "adds r0, r0, #64\n\t"                                                                           \
    "ldmdb r0!, {r1-r6}\n\t"                                                                         \
    "push {r1-r6}\n\t"                                                                               \
    "ldmdb r0!, {r1-r10}\n\t"                                                                        \
    "push {r1-r10}\n\t"                                                                              \
    "sub sp, sp, #44\n\t"
#define MOTE_FRAME_POP "add sp, sp, #108\n\tpop {r4-r11, pc}\n\t"

/* The next channel: r0 its x. */
#define MOTE_FRAME_CHANNEL                                                                           \
    "ldr r2, [sp, #104]\n\t"                                                                         \
    "ldr r1, [sp, #100]\n\t"                                                                         \
    "ldr r0, [sp, #96]\n\t"                                                                          \
    "ldrh r10, [r2], #2\n\t"                                                                         \
    "ldm r1!, {r3, r5, r6, r9}\n\t"                                                                  \
    "str r2, [sp, #104]\n\t"                                                                         \
    "str r1, [sp, #100]\n\t"                                                                         \
    "uxtab r1, r0, r10, ror #8\n\t"                                                                  \
    "str r1, [sp, #96]\n\t"                                                                          \
    "lsl r2, r10, #24\n\t"                                                                           \
    "lsl r4, r3, #8\n\t"                                                                             \
    "lsl r7, r5, #8\n\t"                                                                             \
    "and r3, r3, #0xff00ff00\n\t"                                                                    \
    "and r4, r4, #0xff00ff00\n\t"                                                                    \
    "and r5, r5, #0xff00ff00\n\t"                                                                    \
    "and r7, r7, #0xff00ff00\n\t"                                                                    \
    "pkhtb r8, r2, r7, asr #16\n\t"                                                                  \
    "stm sp, {r3-r9}\n\t"                                                                            \
    "str r10, [sp, #28]\n\t"

/* Not equal: there is another channel. */
#define MOTE_FRAME_IS_MORE "ldr r1, [sp, #28]\n\ttst r1, #0xff00\n\t"

/* Sum s of three columns. Registers: weights r10, r11, r12, first value lr. */
#define MOTE_ROW_SUM(s, p0, p1, p2)                                                                  \
    "smlad " s ", " p0 ", r10, lr\n\t"                                                               \
    "smlad " s ", " p1 ", r11, " s "\n\t"                                                            \
    "smlad " s ", " p2 ", r12, " s "\n\t"

#endif

#endif
