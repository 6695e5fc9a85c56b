/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx} x[n,iy,ix,o / m] * weights[ky,kx,o]) + y_zero)
 * with m = y_channels / x_channels, iy = oy * stride_height + ky * dilation_height - pad_top, ix alike;
 * outside x the value is x_zero.
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.  Scratch: none.
 * No overflow: |acc| <= 128 * sum|weights[..,o]| + |bias[o]| < 2^31, checked at compile time. */
#include "mote_kernels.h"
#include "mote_output.h"
#include "mote_taps_4.h"
#include "mote_window.h"

/* One output pixel, and sizes that all pixels share. */
typedef struct {
    mote_window rows, columns; /* taps inside the image */
    int32_t offset;            /* from the image to tap (0, 0), negative when that is outside */
    int32_t x_tap, x_row;      /* from tap to tap, from a row of taps to the next */
    int32_t w_tap, w_row;
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
static void add_padding(const mote_conv_2d *layer, const mote_pixel *pixel, mote_taps_job *job,
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

static void put_pixel(const mote_conv_2d *layer, const mote_output *output, const mote_pixel *pixel,
                      const int8_t *x, int8_t *y)
{
    const mote_window rows = pixel->rows, columns = pixel->columns;
    const int32_t channels = layer->y_channels, lanes = pixel->lanes;
    const int is_inside = rows.last - rows.first == layer->kernel_height &&
                          columns.last - columns.first == layer->kernel_width;
    const int32_t offset =
        pixel->offset + rows.first * pixel->x_row + columns.first * pixel->x_tap;
    mote_taps_job job = {{0, 0, 0, 0}, 0, 0, 0, pixel->w_tap, 0, 0, 0, 0};

    for (int32_t o = 0; o < channels; o += lanes) {
        const int8_t *w;
        if (o + lanes > channels)
            o = channels - lanes; /* some channels a second time */
        w = layer->weights + o;
        mote_start_sums(job.sum, layer->bias + o, (uint32_t)lanes);
        if (!is_inside)
            add_padding(layer, pixel, &job, w);
        if (rows.first < rows.last && columns.first < columns.last) {
            const int32_t input = lanes == 4 ? o : o / pixel->multiplicity;
            job.x_tap = pixel->x_tap;
            job.x_skip = pixel->x_row - (columns.last - columns.first) * pixel->x_tap;
            add_taps(pixel, &job, rows, columns, x + (offset + input), w);
        }
        mote_put_outputs(output, job.sum, (uint32_t)o, (uint32_t)lanes, y + o);
    }
}

void mote_depthwise_conv_2d_s8(const mote_conv_2d *layer, const int8_t *x, int8_t *y)
{
    const mote_output output = MOTE_OUTPUT(layer, 1);
    const int32_t channels = layer->x_channels, width = layer->x_width * channels;
    mote_pixel pixel;
    pixel.x_tap = layer->dilation_width * channels;
    pixel.x_row = layer->dilation_height * width;
    pixel.w_tap = layer->y_channels;
    pixel.w_row = layer->kernel_width * pixel.w_tap;
    pixel.multiplicity = layer->y_channels / channels;
    pixel.lanes = pixel.multiplicity == 1 && channels >= 4 ? 4 : 1;

    for (uint32_t image = 0; image < layer->batches; image++, x += layer->x_height * width) {
        for (int32_t oy = 0; oy < layer->y_height; oy++) {
            const int32_t iy = oy * layer->stride_height - layer->pad_top;
            pixel.rows = mote_clip(iy, layer->dilation_height, layer->kernel_height, layer->x_height);
            for (int32_t ox = 0; ox < layer->y_width; ox++, y += layer->y_channels) {
                const int32_t ix = ox * layer->stride_width - layer->pad_left;
                pixel.columns = mote_clip(ix, layer->dilation_width, layer->kernel_width, layer->x_width);
                pixel.offset = iy * width + ix * channels;
                put_pixel(layer, &output, &pixel, x, y);
            }
        }
    }
}
