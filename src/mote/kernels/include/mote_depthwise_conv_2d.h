/* SPDX-License-Identifier: Apache-2.0
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx} x[iy][ix,o / m] * weights[ky,kx,o]) + y_zero)
 * with m = y_channels / x_channels, iy = oy * stride_height + ky * dilation_height,
 * ix = ox * stride_width + kx * dilation_width - pad_left; outside x the value is x_zero.
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x.  Scratch: none.  Cost of a call besides its pixels: about 100 instructions, and 20 for each row.
 * The kernels mote_depthwise_conv_2d_s8.c and _strided.c are this file with one choice of MOTE_STRIDED each.
 * No overflow: |acc| <= 128 * sum|weights[..,o]| + |bias[o]| < 2^31, checked at compile time. */
#ifndef MOTE_DEPTHWISE_CONV_2D_H
#define MOTE_DEPTHWISE_CONV_2D_H

#include <stddef.h>

#include "mote_distance.h"
#include "mote_kernels.h"
#include "mote_output.h"
#include "mote_strides.h"
#include "mote_taps_4.h"

/* One output pixel, and sizes that all pixels share. */
typedef struct {
    const int8_t *const *x;    /* rows of the window */
    mote_window rows, columns; /* taps inside the image */
    mote_even_rows even;       /* those that are computed at a time */
    int32_t offset;            /* from the start of a row to tap 0, negative when that is outside */
    int32_t x_tap;             /* from tap to tap */
    int32_t w_tap, w_row;      /* from tap to tap, from a row of taps to the next */
    int32_t lanes;        /* channels at a time: 4, or 1 */
    int32_t multiplicity; /* outputs of an input channel; 1 when lanes is 4 */
} mote_pixel;

/* The taps of a rectangle; x reads the first one. */
static void add_taps(const mote_pixel *pixel, mote_taps_job *job, mote_window rows,
                     mote_window columns, const int8_t *x, const int8_t *w)
{
    const int32_t taps = columns.last - columns.first;
    job->rows = rows.last - rows.first;
    if (job->rows == 0 || taps == 0)
        return;
    job->x = x;
    job->w = w + (rows.first * pixel->w_row + columns.first * pixel->w_tap);
    job->w_run = taps * pixel->w_tap;
    job->w_skip = pixel->w_row - job->w_run;
    if (pixel->lanes == 4)
        mote_taps_4(job);
    else
        mote_taps_1(job);
}

/* The taps outside of the image: above, below, left and right. */
static void add_padding(const mote_conv_2d_rows *layer, const mote_pixel *pixel, mote_taps_job *job,
                        const int8_t *w)
{
    const mote_window rows = pixel->rows, columns = pixel->columns;
    const mote_window all = {0, layer->kernel_width};
    const mote_window above = {0, rows.first}, below = {rows.last, layer->kernel_height};
    const mote_window left = {0, columns.first}, right = {columns.last, layer->kernel_width};
    const int8_t zero = layer->x_zero, zeros[4] = {zero, zero, zero, zero};
    job->x_tap = 0;
    job->x_skip = 0;
    add_taps(pixel, job, above, all, zeros, w);
    add_taps(pixel, job, below, all, zeros, w);
    add_taps(pixel, job, rows, left, zeros, w);
    add_taps(pixel, job, rows, right, zeros, w);
}

/* The rows of the window behind those that are even, by twos. offset: from the start of a row to the first
 * column inside. */
static void add_other_rows(const mote_conv_2d_rows *layer, const mote_pixel *pixel, mote_taps_job *job,
                           int32_t offset, const int8_t *w)
{
    const int32_t dilation = layer->dilation_height, columns = pixel->columns.last - pixel->columns.first;
    const int32_t last = pixel->rows.last;
    mote_window rows = {pixel->rows.first + pixel->even.count, 0};
    for (; rows.first < last; rows.first = rows.last) {
        const int8_t *const *x = pixel->x + rows.first * dilation;
        const mote_window two = {0, last - rows.first > 1 ? 2 : 1};
        rows.last = rows.first + two.last;
        job->x_skip = mote_first_even_rows(x, dilation, two).distance - columns * pixel->x_tap;
        add_taps(pixel, job, rows, pixel->columns, *x + offset, w);
    }
}

static void put_pixel(const mote_conv_2d_rows *layer, const mote_output *output, const mote_pixel *pixel,
                      int8_t *y)
{
    const mote_window rows = pixel->rows, columns = pixel->columns;
    const mote_window even = {rows.first, rows.first + pixel->even.count};
    const int32_t channels = layer->y_channels, lanes = pixel->lanes;
    const int is_inside = rows.last - rows.first == layer->kernel_height &&
                          columns.last - columns.first == layer->kernel_width;
    const int32_t offset = pixel->offset + columns.first * pixel->x_tap;
    const int8_t *x = NULL;
    mote_taps_job job = {{0, 0, 0, 0}, 0, 0, 0, pixel->w_tap, 0, 0, 0, 0};

    if (rows.first < rows.last && columns.first < columns.last)
        x = pixel->x[rows.first * layer->dilation_height];
    for (int32_t o = 0; o < channels; o += lanes) {
        const int8_t *w;
        if (o + lanes > channels)
            o = channels - lanes; /* some channels a second time */
        w = layer->weights + o;
        mote_start_sums(job.sum, layer->bias + o, (uint32_t)lanes);
        if (!is_inside)
            add_padding(layer, pixel, &job, w);
        if (x) {
            const int32_t input = offset + (lanes == 4 ? o : o / pixel->multiplicity);
            job.x_tap = pixel->x_tap;
            job.x_skip = pixel->even.distance - (columns.last - columns.first) * pixel->x_tap;
            add_taps(pixel, &job, even, columns, x + input, w);
            if (even.last < rows.last)
                add_other_rows(layer, pixel, &job, input, w);
        }
        mote_put_outputs(output, job.sum, (uint32_t)o, (uint32_t)lanes, y + o);
    }
}

/* The file that includes this names the function: of an inline one that it calls, compilers make other code. */
#ifndef MOTE_DEPTHWISE_CONV_2D
#define MOTE_DEPTHWISE_CONV_2D                                                                       \
    static inline void mote_depthwise_conv_2d(const mote_conv_2d_rows *layer, const int8_t *const *x, \
                                              int8_t *y MOTE_STRIDES_TAKEN)
#endif

MOTE_DEPTHWISE_CONV_2D
{
    const mote_output output = MOTE_OUTPUT(layer, 1);
    const int32_t channels = layer->x_channels;
    mote_pixel pixel;
    pixel.x_tap = layer->dilation_width * MOTE_X_PIXEL(channels);
    pixel.w_tap = layer->y_channels;
    pixel.w_row = layer->kernel_width * pixel.w_tap;
    pixel.multiplicity = layer->y_channels / channels;
    pixel.lanes = pixel.multiplicity == 1 && channels >= 4 ? 4 : 1;

    for (int32_t oy = 0; oy < layer->y_height; oy++, x += layer->stride_height) {
        pixel.x = x;
        pixel.rows = mote_taps_inside((const void *const *)x, layer->kernel_height, layer->dilation_height);
        pixel.even = mote_first_even_rows(x, layer->dilation_height, pixel.rows);
        for (int32_t ox = 0; ox < layer->y_width; ox++, y += MOTE_Y_PIXEL(layer->y_channels)) {
            const int32_t ix = ox * layer->stride_width - layer->pad_left;
            pixel.columns = mote_clip(ix, layer->dilation_width, layer->kernel_width, layer->x_width);
            pixel.offset = ix * MOTE_X_PIXEL(channels);
            put_pixel(layer, &output, &pixel, y);
        }
    }
}

#endif
