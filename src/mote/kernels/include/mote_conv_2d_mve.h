/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution with MVE through mote_dot_mve.h, pixel by pixel, or mote_pairs_mve.h where windows are pixels. The
 * kernels mote_conv_2d_s8_mve*.c are this file with one choice of MOTE_SINGLE each.
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[iy][ix,i] * weights[o,ky,kx,i]) + y_zero)
 * with iy = oy * stride_height + ky * dilation_height, ix = ox * stride_width + kx * dilation_width - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x.  groups: 1.  taps = kernel_height * kernel_width * x_channels.
 * weights, bias, multiplier and finish are laid out as mote_dot_mve.h says.
 * constants: results of one pixel, of which the channels that do not depend on x remain.
 * Scratch: taps bytes, where a window is copied unless it lies in one piece.
 * Cost: about 50 instructions a pixel, 21 and 10 for each 16 taps of it for every four channels; of a pair of
 * pixels without a window, 34 and 14, and 25 for all of them. */
#ifndef MOTE_CONV_2D_MVE_H
#define MOTE_CONV_2D_MVE_H

#include "mote_copy_mve.h"
#include "mote_dot_mve.h"
#include "mote_kernels.h"
#include "mote_pairs_mve.h"

/* One row of a window, from column on, that is perhaps in part outside, or dilated; returns the end of what it
 * wrote. */
static int8_t *mote_put_row(const mote_conv_2d_vectors *layer, const int8_t *x, int32_t column, int8_t *to)
{
    const int32_t channels = layer->x_channels, width = layer->kernel_width, dilation = layer->dilation_width;
    for (int32_t kx = 0; kx < width;) {
        const int32_t ix = column + kx * dilation;
        int32_t run = 1; /* columns to treat alike */
        if (!x)
            run = width - kx;
        else if (dilation == 1)
            run = (ix < 0 ? 0 : ix < layer->x_width ? layer->x_width : column + width) - ix;
        if (run > width - kx)
            run = width - kx;
        if (x && ix >= 0 && ix < layer->x_width)
            to = mote_copy_mve(to, x + ix * channels, (uint32_t)(run * channels));
        else
            to = mote_fill_mve(to, layer->x_zero, (uint32_t)(run * channels));
        kx += run;
    }
    return to;
}

/* How many rows of pixels lie at even distances from row 0 on, which is there; at most rows. */
static inline uint32_t mote_rows_alike(const mote_conv_2d_vectors *layer, const int8_t *const *x, uint32_t rows)
{
    const int32_t row = layer->y_width * layer->stride_width * layer->x_channels;
    uint32_t run = 1;
    for (; run < rows && x[layer->stride_height] == x[0] + row; run++)
        x += layer->stride_height;
    return run;
}

static inline void mote_conv_2d_mve(const mote_conv_2d_vectors *layer, const int8_t *const *x, int8_t *y,
                                    void *scratch)
{
    const uint32_t x_channels = layer->x_channels, y_channels = layer->y_channels;
    const int32_t rows = layer->kernel_height, dilation = layer->dilation_height;
    const uint32_t row_taps = layer->kernel_width * x_channels;
    const int32_t step = layer->stride_width * layer->x_channels;
    const int is_dilated = layer->dilation_width > 1 && layer->kernel_width > 1;
    const int32_t places = is_dilated ? 0 : layer->x_width - layer->kernel_width + 1;
    const int is_pixel = layer->kernel_width == 1 && rows == 1 && layer->pad_left == 0 && !layer->blocks &&
                         (layer->y_width - 1) * layer->stride_width < layer->x_width && y_channels < 0xfff0;
    mote_mve_job job;

    mote_set_lanes(&job, layer->y_zero, layer->y_min, layer->y_max);
    job.weights = layer->weights;
    job.bias = layer->bias;
    job.multiplier = layer->multiplier;
    job.finish = layer->finish;
    job.channels = layer->blocks ? layer->blocks : y_channels;
    job.taps = (uint32_t)rows * row_taps;
    job.y = y;
    for (uint32_t oy = 0; oy < layer->y_height; oy++, x += layer->stride_height) {
        const int32_t end = layer->y_width * layer->stride_width - layer->pad_left;
        int32_t column = -layer->pad_left, inside, offset;
        if (is_pixel && x[0]) {
            const uint32_t run = mote_rows_alike(layer, x, layer->y_height - oy);
            const uint32_t pixels = run * layer->y_width;
            if (pixels >= 4) {
                job.x = x[0];
                mote_mve_pixels(&job, pixels & ~1u, step, y_channels);
                job.y += (pixels & ~1u) * y_channels;
                oy += run - 1;
                x += (run - 1) * layer->stride_height;
                column = pixels % 2 ? end - layer->stride_width : end;
            }
        }
        inside = x[0] && x[(rows - 1) * dilation] ? places : 0;
        offset = column * (int32_t)x_channels;
        for (; column != end; column += layer->stride_width, offset += step) {
            job.x = scratch;
            if (column < 0 || column >= inside) {
                int8_t *to = scratch;
                for (int32_t ky = 0; ky < rows; ky++)
                    to = mote_put_row(layer, x[ky * dilation], column, to);
            } else if (rows == 1) {
                job.x = x[0] + offset;
            } else {
                int8_t *to = scratch;
                for (int32_t ky = 0; ky < rows; ky++)
                    to = mote_copy_mve(to, x[ky * dilation] + offset, row_taps);
            }
            if (layer->constants)
                mote_copy_mve(job.y, layer->constants, y_channels);
            if (layer->blocks)
                mote_mve_channels_scattered(&job);
            else
                mote_mve_channels(&job);
            job.y += y_channels;
        }
    }
}

#endif
