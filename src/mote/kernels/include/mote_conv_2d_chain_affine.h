/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution through mote_chain_affine.h, with one choice of MOTE_STRIDED for each kernel file.
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[iy][ix,i] * weights[o,ky,kx,i]) + y_zero)
 * with iy = oy * stride_height + ky, ix = ox * stride_width + kx - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x.  groups and dilation: 1.  taps = kernel_height * kernel_width * x_channels, up to a multiple of 4 (the
 * weights that fill it up are 0, and scratch is not written there).
 * weights: laid out as mote_line_job says, for the channels that depend on x, in any order; some may stand
 * there twice.  constants: results of one pixel, of which the channels that do not depend on x remain.
 * Scratch: 8 * taps bytes, then for copies of rows as wide as needed 4 bytes and the bytes of each: all that
 * copies rows of the result read, where copies is not 0; else those of three windows that are not read from x as
 * they are.
 * No overflow: mote_chain_affine.h.
 * Cost: windows are computed in groups of 3. They run on through so many rows as are
 * copied, or through 1 x 1 windows in rows that lie one behind the other; one or two windows that are left cost as
 * much as 3. */
#ifndef MOTE_CONV_2D_CHAIN_AFFINE_H
#define MOTE_CONV_2D_CHAIN_AFFINE_H

#include <stddef.h>

#include "mote_chain_affine.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_strides.h"

/* Copies some columns of rows, from a column that may be outside on, behind offsets of the copies. */
MOTE_NOT_INLINE static void mote_line_copy(const mote_conv_2d_line *layer, const int8_t *const *x, int32_t rows,
                                           int32_t column, int32_t columns, void *to MOTE_STRIDES_TAKEN)
{
    const int32_t channels = layer->x_channels;
    const int32_t left = column < 0 ? -column : 0;
    const int32_t inside = layer->x_width < column + columns ? layer->x_width - column - left : columns - left;
    uint32_t *offsets = to;
    int8_t *copy = (int8_t *)(offsets + rows);
    for (; rows > 0; rows--, x++) {
        *offsets++ = (uint32_t)(copy - (int8_t *)to);
        if (!*x || inside <= 0) {
            copy = mote_fill(copy, layer->x_zero, columns * channels);
            continue;
        }
        if (left > 0)
            copy = mote_fill(copy, layer->x_zero, left * channels);
        if (MOTE_X_PIXEL(channels) == channels)
            copy = mote_copy(copy, *x + (column + left) * channels, inside * channels);
        else
            for (int32_t i = column + left; i < column + left + inside; i++)
                copy = mote_copy(copy, *x + i * MOTE_X_PIXEL(channels), channels);
        if (left + inside < columns)
            copy = mote_fill(copy, layer->x_zero, (columns - left - inside) * channels);
    }
}

/* Groups of windows at one distance from each other, or one window where y_pixel is 0; from copies where there are
 * any. */
static inline void mote_line_compute(mote_line_job *job, const int8_t *const *rows, const uint32_t *copies,
                                     int32_t kernel_height, int32_t at, int32_t step_1, int32_t step_2)
{
    if (copies) {
        job->rows = copies;
        job->rows_end = copies + kernel_height;
    } else {
        job->rows = rows;
        job->rows_end = rows + kernel_height;
    }
    job->base = (const int8_t *)copies;
    job->at = (uint32_t)at;
    job->step_1 = (uint32_t)step_1;
    job->step_2 = (uint32_t)step_2;
    mote_chain_lines(job);
}

/* The windows of some rows of the result, from copies of what they read. */
static inline void mote_line_from_copies(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                         int32_t y_height, mote_line_job *job, void *copies MOTE_STRIDES_TAKEN)
{
    const int32_t width = layer->y_width, count = y_height * width;
    const int32_t at_once = count < 3 ? 1 : 3;
    const int32_t columns = (width - 1) * layer->stride_width + layer->kernel_width;
    const int32_t rows = (y_height - 1) * layer->stride_height + layer->kernel_height;
    const int32_t pixel = layer->stride_width * layer->x_channels;
    const int32_t row = layer->stride_height * columns * layer->x_channels;
    const uint32_t y_pixel = job->y_pixel;
    mote_line_copy(layer, x, rows, -layer->pad_left, columns, copies MOTE_STRIDES_GIVEN);
    job->groups = 1;
    job->y_pixel = at_once == 1 ? 0 : y_pixel;
    for (int32_t i = 0; i < count; i += at_once) {
        const int32_t first = i + at_once <= count ? i : count - at_once;
        int32_t at[3];
        for (int32_t k = 0; k < 3; k++) {
            const int32_t window = k < at_once ? first + k : first;
            at[k] = window / width * row + window % width * pixel;
        }
        job->y = y + (uint32_t)first * y_pixel;
        mote_line_compute(job, x, copies, layer->kernel_height, at[0], at[1] - at[0], at[2] - at[0]);
    }
}

/* The windows of a row, which read x as it is where they are inside, copies elsewhere. */
static inline void mote_line_row(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y, int32_t width,
                                 int32_t x_width, mote_line_job *job, void *copies MOTE_STRIDES_TAKEN)
{
    const int32_t at_once = width < 3 ? 1 : 3, stride = layer->stride_width;
    const int32_t x_pixel = MOTE_X_PIXEL(layer->x_channels);
    const int32_t reach = layer->kernel_width + (at_once - 1) * stride;
    const int is_inside = x[0] && x[layer->kernel_height - 1] &&
                          (layer->kernel_width == 1 || x_pixel == layer->x_channels);
    const uint32_t y_pixel = job->y_pixel;
    const int32_t step = at_once == 1 ? 0 : stride;
    int32_t groups;
    for (int32_t i = 0; i < width; i += groups * at_once) {
        const int32_t first = i + at_once <= width ? i : width - at_once;
        const int32_t column = first * stride - layer->pad_left;
        job->y = y + (uint32_t)first * y_pixel;
        job->y_pixel = at_once == 1 ? 0 : y_pixel;
        groups = 1;
        if (is_inside && column >= 0 && column + reach <= x_width) {
            if (at_once == 3 && i == first) {
                const int32_t fit = (x_width - reach - column) / (3 * stride) + 1;
                groups = (width - i) / 3 < fit ? (width - i) / 3 : fit;
            }
            job->groups = (uint32_t)groups;
            mote_line_compute(job, x, NULL, layer->kernel_height, column * x_pixel, step * x_pixel,
                              2 * step * x_pixel);
        } else {
            const int32_t copied = step * layer->x_channels;
            mote_line_copy(layer, x, layer->kernel_height, column, reach, copies MOTE_STRIDES_GIVEN);
            job->groups = 1;
            mote_line_compute(job, x, copies, layer->kernel_height, 0, copied, 2 * copied);
        }
        job->y_pixel = y_pixel;
    }
}

static inline void mote_conv_2d_chain_affine_rows(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                                  void *scratch MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = layer->y_channels, y_pixel = MOTE_Y_PIXEL(channels);
    const int8_t *end = y + (uint32_t)layer->y_height * layer->y_width * y_pixel;
    const uint32_t fours = (layer->kernel_height * layer->kernel_width * (uint32_t)layer->x_channels + 3) / 4;
    const int32_t row_bytes = layer->x_width * MOTE_X_PIXEL(layer->x_channels);
    const int is_plain = layer->kernel_height == 1 && layer->kernel_width == 1 && layer->stride_height == 1 &&
                         layer->stride_width == 1 && layer->x_width == layer->y_width;
    int8_t *to = y;
    uint32_t *copies = (uint32_t *)scratch + 8 * fours;
    mote_line_job job;

    job.x = scratch;
    job.x_end = copies;
    job.is_odd = fours & 1;
    job.y_pixel = y_pixel;
    job.weights = layer->weights;
    job.weights_end = layer->weights + layer->fours * (8 * fours + 14);
    job.row_taps = layer->kernel_width * (uint32_t)layer->x_channels;
    if (layer->constants)
        for (int8_t *pixel = y; pixel != end; pixel += y_pixel)
            mote_copy(pixel, layer->constants, (int32_t)channels);
    for (int32_t i = 0, rows; i < layer->y_height; i += rows) {
        const int32_t left = layer->y_height - i;
        if (layer->copies) {
            rows = left < layer->copies ? left : layer->copies;
            mote_line_from_copies(layer, x, to, rows, &job, copies MOTE_STRIDES_GIVEN);
        } else {
            for (rows = 1; is_plain && rows < left && x[rows] == x[0] + rows * row_bytes;)
                rows++;
            mote_line_row(layer, x, to, rows * layer->y_width, rows * layer->x_width, &job,
                          copies MOTE_STRIDES_GIVEN);
        }
        x += rows * layer->stride_height;
        to += (uint32_t)(rows * layer->y_width) * y_pixel;
    }
    if (layer->y_min > -128 || layer->y_max < 127)
        for (int8_t *pixel = y; pixel != end; pixel += y_pixel)
            for (uint32_t i = 0; i < channels; i++)
                pixel[i] = mote_clamp_s8(pixel[i], layer->y_min, layer->y_max);
}

#endif
