/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 through mote_depthwise_3x3.h. The kernels
 * mote_depthwise_conv_2d_s8_dsp_3x3*.c are this file with one choice of MOTE_SINGLE and MOTE_STRIDED each.
 *
 * y[oy,ox,c] = clamp(requantize(bias[c] + sum_{ky,kx} x[iy][ix,c] * weights[c,ky,kx]) + y_zero)
 * with iy = oy * stride_height + ky, ix = ox * stride_width + kx - pad_left
 *
 * Output rows whose windows leave the image at the top or bottom read rows that exist, with the weights
 * moved to those rows and zeros elsewhere; what the missing rows (x_zero) contribute joins the bias.
 *
 * x: rows, as mote_kernels_convolution.h says; every window has one that is not null.  y: [y_height, y_width,
 * channels], must not overlap a row of x.
 * stride_width 1 or 2; windows leave the image by at most one column on each side.
 * weights: [computed, 3, 3], and a byte that is read but does not matter.  bias: doubled.
 * shift: right shift - 1, shift_bits a channel.
 * gaps: steps from one computed channel to the next, the first from 0; the other channels become
 * constant.
 * Scratch: none.
 * Cost: about 70 instructions a channel besides its pixels, for all output rows of a call whose windows one
 * distance leads through; else for each. One instruction more for a column where the rows of a window have no
 * common distance in any order.
 * No overflow: |2 * acc| <= 256 * sum|weights[c]| + |2 * bias[c]| < 2^31, checked at compile time. */
#ifndef MOTE_DEPTHWISE_CONV_2D_DSP_3X3_H
#define MOTE_DEPTHWISE_CONV_2D_DSP_3X3_H

#include "mote_copy.h"
#include "mote_depthwise_3x3.h"
#include "mote_distance.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

/* A row that a window reads. */
typedef struct {
    const int8_t *x;
    uint32_t weights; /* where those of the kernel row that it meets start */
    uint32_t is_cut;  /* 1: that kernel row is outside of the image, x is any row */
} mote_placed_row;

MOTE_NOT_INLINE static void mote_exchange(mote_placed_row *a, mote_placed_row *b)
{
    const mote_placed_row old = *a;
    *a = *b;
    *b = old;
}

/* The kernel's upper row reads x[at], of count rows. */
static void mote_place_rows(const int8_t *const *x, int32_t at, int32_t count, mote_placed_row placed[3])
{
    const mote_window inside = mote_rows_inside((const void *const *)(x + at), 3);
    int32_t ky = inside.first;
    /* Three neighbours, as one distance may lead through those. */
    if (ky == 0 && at + inside.last >= 3 && x[at + inside.last - 3])
        ky = inside.last - 3;
    for (uint32_t k = 0; k < 3; k++, ky++) {
        const int is_there = at + ky < count && x[at + ky];
        placed[k].x = x[at + (is_there ? ky : inside.first)];
        placed[k].weights = (uint32_t)(3 * (ky < 0 ? ky + 3 : ky > 2 ? ky - 3 : ky));
        placed[k].is_cut = ky < inside.first || ky >= inside.last;
    }
}

/* How many output rows, of most, one distance leads through with the window at x; step: rows from one to the
 * next. A window inside the image. */
static int32_t mote_rows_alike(const int8_t *const *x, intptr_t distance, int32_t step, int32_t most)
{
    int32_t rows = 1, at = 2;
    for (; rows < most; rows++)
        for (int32_t i = 0; i < step; i++, at++)
            if (!x[at + 1] || mote_distance(x[at], x[at + 1]) != distance)
                return rows;
    return rows;
}

/* The output rows from the one on whose window is at x[at] that read their windows alike, of at most most;
 * returns how many. count: rows of x. */
static int32_t mote_depthwise_3x3_run(const mote_depthwise_3x3 *layer, mote_depthwise_3x3_job *job,
                                      const int8_t *const *x, int32_t at, int32_t count, int32_t most)
{
    const uint32_t start = layer->gaps ? layer->gaps[0] : 0;
    mote_placed_row placed[3];
    intptr_t second, third;
    mote_place_rows(x, at, count, placed);
    second = mote_distance(placed[0].x, placed[1].x);
    third = mote_distance(placed[0].x, placed[2].x);

    job->rows = 1;
    if (third == 2 * second && !(placed[0].is_cut | placed[1].is_cut | placed[2].is_cut))
        job->rows = (uint32_t)mote_rows_alike(x + at, second, layer->stride_height, most);
    job->x_step = layer->stride_height * second;
    if (second == 2 * third) /* the third row is in the middle */
        mote_exchange(&placed[1], &placed[2]);
    else if (second == -third) /* the first one is */
        mote_exchange(&placed[0], &placed[1]);
    second = mote_distance(placed[0].x, placed[1].x);
    third = mote_distance(placed[0].x, placed[2].x);
    job->kind = (layer->stride_width == 2) | (third != 2 * second) << 1;
    job->x_row = second;
    job->x_third = third;
    job->x = placed[0].x + start;
    job->cut = 0;
    for (uint32_t k = 0; k < 3; k++) {
        job->row[k] = placed[k].weights;
        job->cut |= placed[k].is_cut << k;
    }
    mote_depthwise_3x3_channels(job);
    return (int32_t)job->rows;
}

static inline void mote_depthwise_conv_2d_dsp_3x3(const mote_depthwise_3x3 *layer, const int8_t *const *x,
                                                  int8_t *y MOTE_STRIDES_TAKEN)
{
    const int32_t channels = layer->channels, stride = layer->stride_height, height = layer->y_height;
    const int32_t columns = (layer->y_width - 1) * layer->stride_width + 3;
    const int32_t y_size = height * layer->y_width * MOTE_Y_PIXEL(channels);
    mote_depthwise_3x3_job job;

    job.zeros = (uint16_t)layer->x_zero * 0x10001u;
    job.left_pad = layer->pad_left;
    job.right_pad = columns - layer->pad_left > layer->x_width;
    job.channels = (uint32_t)MOTE_X_PIXEL(channels);
#if MOTE_STRIDED
    job.y_more = strides->y - strides->x[0];
#endif
    job.width = layer->y_width - job.right_pad;
    job.y_step = layer->y_width * MOTE_Y_PIXEL(channels);
    job.weights = layer->weights;
    job.bias = layer->bias;
    job.multiplier = layer->multiplier;
    job.at = 0;
    job.shift = layer->shift;
    job.shift_form = layer->shift_bits == 4 ? 3 | 15 << 8 : 2 | 255 << 8;
    job.zero = 2 * layer->y_zero + 1;
    job.gaps = layer->gaps ? layer->gaps + 1 : NULL;
    job.count = layer->computed;
#if MOTE_STRIDED
    if (layer->gaps)
        for (int32_t i = 0; i < y_size; i += strides->y)
            mote_fill(y + i, layer->constant, channels);
#else
    if (layer->gaps)
        mote_fill(y, layer->constant, y_size);
#endif
    for (int32_t oy = 0; oy < height;) {
        job.y = y + oy * job.y_step + (layer->gaps ? layer->gaps[0] : 0);
        oy += mote_depthwise_3x3_run(layer, &job, x, oy * stride, (height - 1) * stride + 3, height - oy);
    }
    if (layer->y_min > -128 || layer->y_max < 127)
#if MOTE_STRIDED
        for (int32_t i = 0; i < y_size; i += strides->y)
            for (int8_t *result = y + i, *end = result + channels; result != end; result++)
                *result = mote_clamp_s8(*result, layer->y_min, layer->y_max);
#else
        for (int32_t i = 0; i < y_size; i++)
            y[i] = mote_clamp_s8(y[i], layer->y_min, layer->y_max);
#endif
}

#endif
