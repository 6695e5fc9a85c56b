/* SPDX-License-Identifier: Apache-2.0
 *
 * What the inner part of the DSP depthwise convolution 3 x 3 is told, in assembly and in C. */
#ifndef MOTE_DEPTHWISE_3X3_JOB_H
#define MOTE_DEPTHWISE_3X3_JOB_H

#include "mote_dsp.h"

#include "mote_strides.h"

#ifndef MOTE_SINGLE
#define MOTE_SINGLE 0
#endif

/* All channels of some output rows. The assembly knows the order of the fields. */
typedef struct {
    uint32_t channels;    /* from one pixel of x to the next, and of y but for y_more */
    uint32_t width;       /* of y, without the value whose window has right_pad; 0..32767 */
    intptr_t x_step;      /* from one output row to the next */
    int32_t y_step;
    uint32_t zeros;       /* (x_zero, x_zero) */
    uint32_t left_pad;    /* 1: the first window starts one column left of the image, 0: inside */
    uint32_t right_pad;   /* 1: the last window ends one column right of the image, 0: inside */
    intptr_t x_third;     /* from the first row of the window to the third */
    const int8_t *x;      /* row 0 of the window, first column inside the image, first channel */
    int8_t *y;            /* a value every channels + y_more bytes */
    uint32_t rows;        /* of y, at least 1; apart: 1 */
    intptr_t x_row;       /* from the first row of the window to the second */
    uint32_t kind;        /* 1: horizontal stride 2, plus 2: apart */
    const int8_t *weights; /* 9 a channel, row by row, and one byte more */
    uint32_t row[3];      /* where the weights of the three rows start among the 9 */
    uint32_t cut;         /* bit i: of window row i only the weights count, and meet x_zero */
    const int32_t *bias;  /* doubled */
    const int32_t *multiplier;
    uint32_t at;          /* 4 * channel: 0 */
    const uint8_t *shift; /* right shift - 1 */
    uint32_t shift_form;  /* of 4 bits a channel, at >> 3, 15 << 8; of 8 bits at >> 2, 255 << 8 */
    int32_t zero;         /* 2 * y_zero + 1 */
    const uint8_t *gaps;  /* steps to the channels after the first; null: 1 each */
    uint32_t count;       /* of channels, at least 1 */
#if MOTE_STRIDED
    int32_t y_more;       /* how much farther pixels of y lie from each other than those of x */
#endif
} mote_depthwise_3x3_job;

#if MOTE_STRIDED
#define MOTE_Y_MORE(job) ((job)->y_more)
#else
#define MOTE_Y_MORE(job) 0
#endif

#endif
