/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution 1 x 1 of 8 input channels without padding through mote_eight.h, with one choice of MOTE_STRIDED for
 * each kernel file.
 *
 * y[oy,ox,o] = requantize(bias[o] + sum_i x[oy * stride_height][ox * stride_width,i] * weights[o,i]) + y_zero
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of x.
 * weights: as mote_eight_job says.  Scratch: none.
 * No overflow: mote_eight.h.
 * Cost: pixels are computed by twos, which run on through rows of x that lie one behind the other where each of their
 * pixels is read; one that is left costs as much as two. */
#ifndef MOTE_CONV_2D_EIGHT_H
#define MOTE_CONV_2D_EIGHT_H

#include "mote_eight.h"
#include "mote_kernels.h"
#include "mote_strides.h"

static inline void mote_conv_2d_eight_rows(const mote_conv_2d_eight *layer, const int8_t *const *x,
                                           int8_t *y MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = layer->y_channels, y_pixel = MOTE_Y_PIXEL(channels);
    const uint32_t x_pixel = MOTE_X_PIXEL(8), step = layer->stride_width * x_pixel;
    const int is_dense = layer->stride_height * layer->stride_width == 1 && layer->x_width == layer->y_width;
    mote_eight_job job;

    job.weights = layer->weights;
    job.weights_end = layer->weights + MOTE_EIGHT_WORDS * channels;
    job.enter = (0u - channels) % 4 * MOTE_EIGHT_BYTES;
    for (int32_t left = layer->y_height, rows; left > 0; left -= rows) {
        uint32_t count = layer->y_width;
        for (rows = 1; is_dense && rows < left && x[rows] == x[0] + count * x_pixel; rows++)
            count += layer->y_width;
        job.step = count > 1 ? step : 0; /* one alone */
        job.y_next = (count > 1 ? y_pixel : 0) - 1;
        job.x = x[0];
        job.y = y;
        job.pairs = count / 2;
        if (job.pairs)
            mote_eight(&job);
        if (count & 1) {
            const uint32_t first = count > 1 ? count - 2 : 0;
            job.x = x[0] + first * step;
            job.y = y + first * y_pixel;
            job.pairs = 1;
            mote_eight(&job);
        }
        x += rows * layer->stride_height;
        y += count * y_pixel;
    }
}

#endif
