/* SPDX-License-Identifier: Apache-2.0
 *
 * What the inner parts of the DSP depthwise convolution 3 x 3 that compute a row of all channels are told, in
 * assembly and in C. */
#ifndef MOTE_DEPTHWISE_ROW_JOB_H
#define MOTE_DEPTHWISE_ROW_JOB_H

#include "mote_dsp.h"
#include "mote_strides.h"

/* A channel: 20 bytes, byte by byte
 *     shift - 1, steps to the next channel (0: the last one), 0, w[2][2]
 *     w[0][1], w[0][0], w[1][1], w[1][0]
 *     w[2][0], w[0][2], w[2][1], w[1][2]
 * then 256 * bias, multiplier. shift: right + 7, as sums are 256 times those of the formula. */
typedef struct {
    uint32_t form, upper, mixed;
    int32_t bias, multiplier;
} mote_depthwise_channel;

/* Pixels of a row; which pixel of x y is told from. */
#ifdef MOTE_WIDTH
#define MOTE_ROW_WIDTH(job) MOTE_WIDTH
#define MOTE_ROW_Y_FROM 0
#else
#define MOTE_ROW_WIDTH(job) ((int32_t)((job)->x_5 / (job)->x_1) + 3)
#define MOTE_ROW_Y_FROM (!MOTE_STRIDED)
#endif

/* All channels of an output row. Distances in bytes. The assembly knows the order of the fields. */
typedef struct {
    uint32_t x_1, x_3;      /* from pixel 0 of x to pixels 1 and 3 */
    uint32_t x_5;           /* with MOTE_WIDTH: to pixel 5; else to the last but two */
    uint32_t zeros;         /* (x_zero, x_zero) */
    int32_t zero;           /* 2 * y_zero + 1 */
    int32_t half;           /* of the high product's last bit: 64 for double rounding, 0 for single */
    intptr_t y;             /* from x, or from pixel 1 of x, to pixel 0 of y: MOTE_ROW_Y_FROM */
    intptr_t row_0, row_1;  /* from x to the first and second row of the window */
#if MOTE_STRIDED
    uint32_t y_1, y_3, y_5; /* alike, of y; otherwise those of x */
#endif
    const int8_t *x;        /* third row of the window, pixel 0, first channel */
    const mote_depthwise_channel *channel; /* the first one */
} mote_depthwise_row_job;

#endif
