/* SPDX-License-Identifier: Apache-2.0
 *
 * The portable convolution; mote_conv_2d_s8*.c define MOTE_NIBBLES, MOTE_STRIDED and, as MOTE_CONV_2D,
 * the function's head.
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[iy][ix,i] * weights[o,ky,kx,i]) + y_zero)
 * with iy = oy * stride_height + ky * dilation_height, ix = ox * stride_width + kx * dilation_width - pad_left;
 * outside x the value is x_zero. Output o reads the channels of its group. Scratch: none here.
 * Cost of a call besides its pixels: about 100 instructions, and 20 for each row. */
#ifndef MOTE_CONV_2D_H
#define MOTE_CONV_2D_H

#include <stddef.h>

#include "mote_distance.h"
#include "mote_dot_4.h"
#include "mote_kernels.h"
#include "mote_output.h"
#include "mote_strides.h"
#include "mote_unpack_s4.h"

#ifndef MOTE_NIBBLES
#define MOTE_NIBBLES 0
#endif
#ifndef MOTE_CONV_2D
#define MOTE_CONV_2D                                                                                 \
    static void put_pixels(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y MOTE_STRIDES_TAKEN)
#endif

/* Where one output pixel reads, and sizes that all pixels share. */
typedef struct {
    const int8_t *const *x;    /* rows of the window */
    mote_window rows, columns; /* taps inside the image */
    mote_even_rows even;       /* those that are computed at a time */
    int32_t offset;            /* from the start of a row to tap 0, negative when that is outside */
    int32_t inputs, outputs;   /* of a group */
    int32_t w_row, filter;     /* weights of a row of taps, of all taps */
} mote_pixel;

/* The weights of one channel whose taps are outside the image. */
static int32_t sum_outside(const mote_pixel *pixel, const int8_t *w)
{
    const int32_t first = pixel->columns.first * pixel->inputs;
    const int32_t last = pixel->columns.last * pixel->inputs;
    const int8_t *const end = w + pixel->filter;
    int32_t sum = 0;
    for (int32_t ky = 0; w != end; ky++) {
        const int is_inside = ky >= pixel->rows.first && ky < pixel->rows.last;
        const int8_t *gap = is_inside ? w + first : end;
        for (const int8_t *row_end = w + pixel->w_row; w != row_end;) {
            if (w == gap && first != last) {
                w += last - first;
                gap = end;
            } else {
                sum += *w++;
            }
        }
    }
    return sum;
}

/* The rows of the window behind those that are even, by twos. input: bytes from the start of a row to tap 0;
 * w: weights of tap (0, 0). */
static void add_other_rows(const mote_conv_2d_rows *layer, const mote_pixel *pixel, mote_dot_4_job *job,
                           int32_t taps, int32_t input, const int8_t *w MOTE_STRIDES_TAKEN)
{
    const int32_t dilation = layer->dilation_height;
    const int32_t x_column = layer->dilation_width * MOTE_X_PIXEL(layer->x_channels);
    mote_window rows = pixel->rows;
    for (rows.first += pixel->even.count; rows.first < rows.last; rows.first += 2) {
        const int8_t *const *x = pixel->x + rows.first * dilation;
        const mote_window two = {0, rows.last - rows.first > 1 ? 2 : 1};
        job->x_row = mote_first_even_rows(x, dilation, two).distance;
        for (int32_t kx = pixel->columns.first; kx < pixel->columns.last; kx += taps) {
            job->x = *x + (input + kx * x_column);
            job->w = w + (rows.first * pixel->w_row + kx * pixel->inputs);
            job->rows = two.last;
            mote_dot_4(job);
        }
    }
    job->x_row = pixel->even.distance;
}

/* Some outputs of one group from channel first on: all that the group has, or with 4-bit weights, which
 * must be unpacked, those computed at a time. input: the group's first channel. */
static void put_group(const mote_conv_2d_rows *layer, const mote_output *output, const mote_pixel *pixel,
                      const int8_t *unpacked, int32_t input, int32_t first, int8_t *y MOTE_STRIDES_TAKEN)
{
    const mote_window rows = pixel->rows, columns = pixel->columns;
    const int32_t filter = pixel->filter, lanes = pixel->outputs < 4 ? 1 : 4;
    const int32_t x_column = layer->dilation_width * MOTE_X_PIXEL(layer->x_channels);
    const int32_t inside_rows = rows.last - rows.first, width = columns.last - columns.first;
    const int is_padded = inside_rows != layer->kernel_height || width != layer->kernel_width;
    /* Taps that follow each other in x as in the weights are one run. */
    const int32_t taps = x_column == pixel->inputs ? width : 1;
    const int32_t end = first + (MOTE_NIBBLES ? lanes : pixel->outputs);
    const int32_t w_start = rows.first * pixel->w_row;
    const int8_t *const x = inside_rows > 0 ? pixel->x[rows.first * layer->dilation_height] : NULL;
    mote_dot_4_job job;
    job.run = taps * pixel->inputs;
    job.lane = lanes == 1 ? 0 : filter;
    job.x_row = pixel->even.distance;
    job.w_row = pixel->w_row;

    input += pixel->offset;
    for (int32_t o = first; o < end; o += lanes) {
        const int8_t *w;
        if (o + lanes > end)
            o = end - lanes; /* some channels a second time */
        w = MOTE_NIBBLES ? unpacked : layer->weights + o * filter;
        mote_start_sums(job.sum, layer->bias + o, (uint32_t)lanes);
        if (is_padded)
            for (int32_t i = 0; i < 4; i++)
                job.sum[i] += layer->x_zero * sum_outside(pixel, w + i * job.lane);
        if (x) {
            for (int32_t kx = columns.first; kx < columns.last; kx += taps) {
                job.x = x + (input + kx * x_column);
                job.w = w + w_start + kx * pixel->inputs;
                job.rows = pixel->even.count;
                mote_dot_4(&job);
            }
            if (pixel->even.count < inside_rows)
                add_other_rows(layer, pixel, &job, taps, input, w MOTE_STRIDES_GIVEN);
        }
        mote_put_outputs(output, job.sum, (uint32_t)o, (uint32_t)lanes, y + o);
    }
}

/* All pixels. The file that includes this names the function: as an inline one that it calls, compilers make
 * slower code of it. */
MOTE_CONV_2D
{
    const mote_output output = MOTE_OUTPUT(layer, 1);
    mote_pixel pixel;
    pixel.inputs = layer->x_channels / layer->groups;
    pixel.outputs = layer->y_channels / layer->groups;
    pixel.w_row = layer->kernel_width * pixel.inputs;
    pixel.filter = layer->kernel_height * pixel.w_row;

    for (int32_t oy = 0; oy < layer->y_height; oy++, x += layer->stride_height) {
        pixel.x = x;
        pixel.rows = mote_taps_inside((const void *const *)x, layer->kernel_height, layer->dilation_height);
        pixel.even = mote_first_even_rows(x, layer->dilation_height, pixel.rows);
        for (int32_t ox = 0; ox < layer->y_width; ox++, y += MOTE_Y_PIXEL(layer->y_channels)) {
            const int32_t ix = ox * layer->stride_width - layer->pad_left;
            pixel.columns = mote_clip(ix, layer->dilation_width, layer->kernel_width, layer->x_width);
            pixel.offset = ix * MOTE_X_PIXEL(layer->x_channels);
#if MOTE_NIBBLES
            put_group(layer, &output, &pixel, unpacked, input, first, y MOTE_STRIDES_GIVEN);
#else
            for (int32_t group = 0; group < layer->groups; group++)
                put_group(layer, &output, &pixel, NULL, group * pixel.inputs, group * pixel.outputs,
                          y MOTE_STRIDES_GIVEN);
#endif
        }
    }
}

#endif
