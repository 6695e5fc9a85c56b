/* SPDX-License-Identifier: Apache-2.0
 *
 * What the inner parts of the DSP depthwise convolution 3 x 3 that compute a row of all channels are told, in
 * assembly and in C. */
#ifndef MOTE_DEPTHWISE_ROW_JOB_H
#define MOTE_DEPTHWISE_ROW_JOB_H

#include "mote_dsp.h"

/* A channel: 16 bytes, byte by byte
 *     w[0][1], w[0][0], w[1][1], w[1][0]
 *     w[2][0], w[0][2], w[2][1], w[1][2]
 * then 256 * bias + offset, multiplier of the line that requantises it. Its form, elsewhere:
 *     w[2][2], steps to the next channel (0: the last one) */
typedef struct {
    uint32_t upper, mixed;
    int32_t bias, multiplier;
} mote_depthwise_channel;

/* Which bytes of a channel are weights of window rows outside the image. */
typedef struct {
    uint32_t form, upper, mixed;
} mote_cut_weights;

/* All channels of an output row. Distances in bytes. The assembly knows the order of the fields. */
typedef struct {
    uint32_t x_1, x_3, x_5; /* from pixel 0 of x to pixels 1, 3 and 5 */
    uint32_t zeros;         /* (x_zero, x_zero) */
    intptr_t y;             /* from x to pixel 0 of y */
    intptr_t row_0, row_1;  /* from x to the first and second row of the window */
    uint32_t y_1, y_3, y_5; /* as x_1, x_3, x_5, of y */
    uint32_t last;          /* from x to the first pixel that the last turn reads and none before it */
    uint32_t left_pad;      /* 1: the first window starts left of the image, 0: inside */
    uint32_t right_pad;     /* 1: the last window ends right of the image, 0: inside */
    const int8_t *x;        /* third row of the window, pixel 0, first channel */
    const mote_depthwise_channel *channel; /* the first one */
    const uint16_t *forms;                 /* of the channels */
    mote_cut_weights cut;   /* not read by the assembly */
} mote_depthwise_row_job;

#endif
