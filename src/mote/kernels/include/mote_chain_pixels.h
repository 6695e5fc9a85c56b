/* SPDX-License-Identifier: Apache-2.0
 *
 * Three pixels' windows as the words that mote_chain.h multiplies. */
#ifndef MOTE_CHAIN_PIXELS_H
#define MOTE_CHAIN_PIXELS_H

#include "mote_chain.h"
#include "mote_kernels.h"
#include "mote_strides.h"

/* The windows of a call, from left to right and down, one after the other. */
typedef struct {
    const mote_conv_2d_chain *layer;
    const int8_t *const *x; /* rows of the next window */
    int32_t column;         /* where it starts */
    int32_t end;            /* where one behind the last of the row would start */
    uint32_t places;        /* three windows of which the first starts at columns [0, places[ are inside */
    const int8_t *outside;  /* the channels of a pixel outside the image */
} mote_chain_walk;

/* The words of one tap. */
static inline uint32_t *mote_chain_pack_1(uint32_t *to, int32_t x0, int32_t x1, int32_t x2)
{
    to[0] = (uint32_t)x0 + ((uint32_t)x1 << MOTE_SLOT);
    to[1] = (uint32_t)x1 + ((uint32_t)x2 << MOTE_SLOT);
    return to + 2;
}

/* count bytes of three pixels, a positive multiple of 4; returns the end of what it wrote. */
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Registers: r0 to, r1-r3 pixels, lr end of the first; r4-r9 free. */
#define MOTE_PACK_2                                                                                  \
    "ldrsb r4, [r1], #1\n\t"                                                                         \
    "ldrsb r5, [r1], #1\n\t"                                                                         \
    "ldrsb r6, [r2], #1\n\t"                                                                         \
    "ldrsb r7, [r2], #1\n\t"                                                                         \
    "ldrsb r8, [r3], #1\n\t"                                                                         \
    "ldrsb r9, [r3], #1\n\t"                                                                         \
    "add r4, r4, r6, lsl #21\n\t"                                                                    \
    "add r6, r6, r8, lsl #21\n\t"                                                                    \
    "add r5, r5, r7, lsl #21\n\t"                                                                    \
    "add r7, r7, r9, lsl #21\n\t"                                                                    \
    "str r4, [r0], #16\n\t"                                                                          \
    "str r6, [r0, #-12]\n\t"                                                                         \
    "str r5, [r0, #-8]\n\t"                                                                          \
    "str r7, [r0, #-4]\n\t"

MOTE_SHARED __attribute__((naked)) uint32_t *
mote_chain_pack_4(__attribute__((unused)) uint32_t *to, __attribute__((unused)) const int8_t *x0,
                  __attribute__((unused)) const int8_t *x1, __attribute__((unused)) const int8_t *x2,
                  __attribute__((unused)) int32_t count)
{
    __asm volatile(".syntax unified\n\t"
                   "push {r4-r9, lr}\n\t"
                   "ldr lr, [sp, #28]\n\t"
                   "add lr, lr, r1\n\t"
                   ".balign 4\n\t"
                   "1:\n\t" MOTE_PACK_2 MOTE_PACK_2
                   "cmp r1, lr\n\t"
                   "bne 1b\n\t"
                   "pop {r4-r9, pc}\n\t");
}

#else

static inline uint32_t *mote_chain_pack_4(uint32_t *to, const int8_t *x0, const int8_t *x1, const int8_t *x2,
                                          int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        to = mote_chain_pack_1(to, x0[i], x1[i], x2[i]);
    return to;
}

#endif

/* count bytes of three pixels, at least 1; returns the end of what it wrote. */
static inline uint32_t *mote_chain_pack(uint32_t *to, const int8_t *x0, const int8_t *x1, const int8_t *x2,
                                        int32_t count)
{
    int32_t i = count & ~3;
    if (i)
        to = mote_chain_pack_4(to, x0, x1, x2, i);
    for (; i < count; i++)
        to = mote_chain_pack_1(to, x0[i], x1[i], x2[i]);
    return to;
}

/* The first window of a row of the result. */
MOTE_SHARED void mote_chain_start_row(mote_chain_walk *walk, const int8_t *const *x)
{
    const mote_conv_2d_chain *layer = walk->layer;
    const int32_t reach = layer->kernel_width + 2 * layer->stride_width;
    walk->x = x;
    walk->column = -layer->pad_left;
    walk->places = 0;
    if (x[0] && x[(layer->kernel_height - 1) * layer->dilation_height] && layer->dilation_width == 1 &&
        reach <= layer->x_width)
        walk->places = (uint32_t)(layer->x_width - reach + 1);
}

/* At the end of a row, the next one, of which a window is needed. */
static inline void mote_chain_turn(mote_chain_walk *walk)
{
    if (walk->column == walk->end)
        mote_chain_start_row(walk, walk->x + walk->layer->stride_height);
}

/* Up to three windows anywhere, tap by tap; the last one stands for those that are missing. */
MOTE_SHARED void MOTE_SHARED_NAME(mote_chain_gather)(mote_chain_walk *walk, uint32_t count,
                                                     uint32_t *to MOTE_STRIDES_TAKEN)
{
    const mote_conv_2d_chain *layer = walk->layer;
    const int32_t channels = layer->x_channels;
    const int8_t *const *rows[3];
    const int8_t *pixels[3];
    int32_t columns[3];
    for (uint32_t i = 0; i < 3; i++) {
        if (i < count) {
            mote_chain_turn(walk);
            rows[i] = walk->x;
            columns[i] = walk->column;
            walk->column += layer->stride_width;
        } else {
            rows[i] = rows[i - 1];
            columns[i] = columns[i - 1];
        }
    }
    for (int32_t ky = 0; ky < layer->kernel_height; ky++)
        for (int32_t kx = 0; kx < layer->kernel_width; kx++) {
            for (uint32_t i = 0; i < 3; i++) {
                const int8_t *row = rows[i][ky * layer->dilation_height];
                const int32_t ix = columns[i] + kx * layer->dilation_width;
                const int is_inside = row && ix >= 0 && ix < layer->x_width;
                pixels[i] = is_inside ? row + ix * MOTE_X_PIXEL(channels) : walk->outside;
            }
            to = mote_chain_pack(to, pixels[0], pixels[1], pixels[2], channels);
        }
}

/* The next count windows, at most three, of which at least one is left. */
static inline void mote_chain_put(mote_chain_walk *walk, uint32_t count, uint32_t *to MOTE_STRIDES_TAKEN)
{
    const mote_conv_2d_chain *layer = walk->layer;
    const int32_t taps = layer->kernel_width * layer->x_channels;
    const int32_t step = layer->stride_width * layer->x_channels;
    const int8_t *const *x;
    int32_t rows = layer->kernel_height, at;
    mote_chain_turn(walk);
    if (count < 3 || (uint32_t)walk->column >= walk->places ||
        MOTE_X_PIXEL(layer->x_channels) != layer->x_channels ||
        walk->column + 3 * layer->stride_width > walk->end) {
        MOTE_SHARED_NAME(mote_chain_gather)(walk, count, to MOTE_STRIDES_GIVEN);
        return;
    }
    x = walk->x;
    at = walk->column * layer->x_channels;
    for (; rows > 0; rows--, x += layer->dilation_height) {
        const int8_t *first = *x + at;
        to = mote_chain_pack(to, first, first + step, first + 2 * step, taps);
    }
    walk->column += 3 * layer->stride_width;
}

#endif
