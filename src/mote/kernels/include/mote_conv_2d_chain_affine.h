/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution through mote_chain_affine.h, with one choice of MOTE_STRIDED for each kernel file.
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[iy][ix,i] * weights[o,ky,kx,i]) + y_zero)
 * with iy = oy * stride_height + ky, ix = ox * stride_width + kx - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x.  groups and dilation: 1.  taps = kernel_height * kernel_width * x_channels.
 * weights: laid out as mote_line_job says, where expands as mote_line_expand.h says, for the channels that depend on x, in any order; some may stand
 * there twice. Taps are in the order ky, kx, i; where slides is not 0, of mote_line_slide.h.  constants: results of one pixel, of which the channels that do not depend on x remain.
 * Scratch: 8 * taps bytes, then for copies of rows as wide as needed 4 bytes and the bytes of each: all that
 * copies rows of the result read, where copies is not 0; else those of three windows that are not read from x as
 * they are. Where slides is not 0: 4 * slides bytes, then copies and
 * 6 * stride_width bytes.
 * State, where expands: fours * (14 + 2 * taps) words, which the first call writes.
 * No overflow: mote_chain_affine.h.
 * Cost: windows are computed in groups of 3. They run on through so many rows as are
 * copied, or through 1 x 1 windows in rows that lie one behind the other; one or two windows that are left cost as
 * much as 3. */
#ifndef MOTE_CONV_2D_CHAIN_AFFINE_H
#define MOTE_CONV_2D_CHAIN_AFFINE_H

#include <stddef.h>

#include "mote_line_expand.h"
#include "mote_line_layer.h"
#include "mote_line_slide.h"

/* Windows one behind the other, which read x as it is where they are inside, copies elsewhere: of a row of so many
 * columns, or of the rows that all are copied. */
static inline void mote_line_windows(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y, int32_t count,
                                     int32_t columns, mote_line_job *job, uint32_t *copies MOTE_STRIDES_TAKEN)
{
    const int32_t at_once = count < 3 ? 1 : 3, kernel_height = layer->kernel_height;
    const int32_t width = layer->copies ? layer->y_width : count;
    const int32_t x_pixel = layer->copies ? layer->x_channels : MOTE_X_PIXEL(layer->x_channels);
    const int32_t stride = at_once < 3 ? 0 : layer->stride_width, left = layer->copies ? 0 : layer->pad_left;
    const int32_t reach = layer->kernel_width + 2 * stride;
    const int32_t turn = layer->stride_height * columns * x_pixel;
    /* Windows inside. */
    const int is_readable = layer->copies || (x[0] && x[kernel_height - 1] &&
                                              (layer->kernel_width == 1 || x_pixel == layer->x_channels));
    const uint32_t y_pixel = job->y_pixel;
    if (at_once < 3)
        job->y_pixel = 0;
    for (int32_t i = 0, groups; i < count; i += groups * at_once) {
        const int32_t first = i + at_once <= count ? i : count - at_once;
        const int32_t column = first % width * layer->stride_width - left;
        int is_copied = layer->copies > 0;
        uint32_t at[3];
        for (int32_t k = 0, window = first; k < 3; k++, window += at_once > 1)
            at[k] = (uint32_t)(window / width * turn + (window % width * layer->stride_width - left) * x_pixel);
        groups = 1;
        if (is_readable && column >= 0 && column + reach <= columns) {
            if (i == first && stride > 0) {
                const int32_t fit = (columns - reach - column) / (3 * stride) + 1, most = (count - i) / 3;
                groups = most < fit ? most : fit;
            }
        } else if (!layer->copies) {
            is_copied = 1;
            MOTE_SHARED_NAME(mote_line_copy)(layer, x, kernel_height, column, reach, copies MOTE_STRIDES_GIVEN);
            at[0] = 0;
            at[1] = (uint32_t)(stride * layer->x_channels);
            at[2] = 2 * at[1];
        }
        job->y_group = 3 * job->y_pixel;
        job->base = NULL;
        job->rows = x;
        job->rows_end = x + kernel_height;
        if (is_copied) {
            job->base = (const int8_t *)copies;
            job->rows = copies;
            job->rows_end = copies + kernel_height;
        }
        job->groups = (uint32_t)groups;
        job->at = at[0];
        job->step_1 = at[1] - at[0];
        job->step_2 = at[2] - at[0];
        job->y = y + (uint32_t)first * y_pixel;
        mote_chain_lines(job);
    }
    job->y_pixel = y_pixel;
}

static inline void mote_conv_2d_chain_affine_rows(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                                  void *scratch, void *state, uint32_t call MOTE_STRIDES_TAKEN)
{
    const uint32_t y_pixel = MOTE_Y_PIXEL((uint32_t)layer->y_channels);
    const uint32_t taps = layer->kernel_height * layer->kernel_width * (uint32_t)layer->x_channels;
    const int32_t row_bytes = layer->x_width * MOTE_X_PIXEL(layer->x_channels);
    const int is_plain = layer->kernel_height == 1 && layer->kernel_width == 1 && layer->stride_height == 1 &&
                         layer->stride_width == 1 && layer->x_width == layer->y_width && !layer->copies;
    int8_t *to = y;
    uint32_t *copies = (uint32_t *)scratch + (layer->slides ? layer->slides : 2 * taps);
    mote_line_job job;

    mote_line_start(layer, y, y_pixel, taps, scratch, &job);
    mote_line_weights(layer, taps, state, call, &job);
    for (int32_t i = 0, rows; i < layer->y_height; i += rows) {
        const int32_t left = layer->y_height - i;
        int32_t columns = layer->x_width;
        rows = 1;
        if (layer->copies) {
            rows = left < layer->copies ? left : layer->copies;
            columns = (layer->y_width - 1) * layer->stride_width + layer->kernel_width;
            MOTE_SHARED_NAME(mote_line_copy)(layer, x, (rows - 1) * layer->stride_height + layer->kernel_height, -layer->pad_left,
                           columns, copies MOTE_STRIDES_GIVEN);
        }
        while (is_plain && rows < left && x[rows] == x[0] + rows * row_bytes)
            rows++, columns += layer->x_width;
        x += rows * layer->stride_height;
        if (layer->slides)
            for (int32_t k = 0; k < rows; k++, to += layer->y_width * y_pixel)
                mote_line_slide(layer, copies + k * layer->stride_height, copies, to, (int32_t)y_pixel,
                                left - k > 1, &job);
        else {
            mote_line_windows(layer, x - rows * layer->stride_height, to, rows * layer->y_width, columns, &job,
                              copies MOTE_STRIDES_GIVEN);
            to += (uint32_t)(rows * layer->y_width) * y_pixel;
        }
    }
    mote_line_clamp(layer, y, y_pixel);
}

#endif
