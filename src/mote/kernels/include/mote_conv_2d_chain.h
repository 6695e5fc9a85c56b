/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution through mote_chain.h: the windows of 3 pixels are packed into words in scratch, then multiplied
 * with all channels. The kernels mote_conv_2d_s8_dsp_chain*.c are this file with one choice of MOTE_SPLIT,
 * MOTE_SINGLE, MOTE_POSITIVE and MOTE_STRIDED each; MOTE_AFFINE, which implies MOTE_SPLIT: through
 * mote_chain_split_affine.h, whatever the rounding.
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[iy][ix,i] * weights[o,ky,kx,i]) + y_zero)
 * with iy = oy * stride_height + ky * dilation_height, ix = ox * stride_width + kx * dilation_width - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x.  groups: 1.  taps = kernel_height * kernel_width * x_channels, up to a multiple of 4 (the weights that
 * fill it up are 0, and scratch is not written there).
 * weights: laid out as mote_chain_job says, for the channels that depend on x, in any order; some may stand
 * there twice.  constants: results of one pixel, of which the channels that do not depend on x remain.
 * Scratch: 8 * taps bytes, then x_channels where windows are padded.
 * No overflow: mote_chain.h; twice a sum is below 2^22, and 1 <= right <= 21, both checked at compile time.
 * Cost: groups of 3 pixels run on from row to row of a call; two that are left cost as much as 3, one two thirds. */
#ifndef MOTE_CONV_2D_CHAIN_H
#define MOTE_CONV_2D_CHAIN_H

#ifndef MOTE_AFFINE
#define MOTE_AFFINE 0
#endif
#if MOTE_AFFINE
#define MOTE_SPLIT 1
#include "mote_chain_split_affine.h"
#else
#include "mote_chain.h"
#endif
#include "mote_chain_pixels.h"
#include "mote_copy.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_strides.h"

static inline void mote_conv_2d_chain_rows(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                           void *scratch MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = layer->y_channels, y_pixel = MOTE_Y_PIXEL(channels);
    const int is_clamped = layer->y_min > -128 || layer->y_max < 127;
    const uint32_t fours = (layer->kernel_height * layer->kernel_width * (uint32_t)layer->x_channels + 3) / 4;
    mote_chain_walk walk;
    mote_chain_job job;

    job.x = scratch;
    job.start = fours & 1;
    job.x_end = job.x + 8 * fours;
    job.zero = 2 * layer->y_zero + 1;
#if MOTE_SPLIT
    job.piece_bytes = (uint32_t)layer->weights[0];
    job.weights = layer->weights + 1;
    job.weights_end =
        job.weights + layer->fours * (8 * fours + (MOTE_AFFINE ? 10 : 12) + 4 * ((32 * fours - 1) / job.piece_bytes + 1));
#else
    job.weights = layer->weights;
    job.weights_end = layer->weights + layer->fours * (8 * fours + 14);
#endif
    job.y_1 = y_pixel;
    job.y_2 = 2 * y_pixel;
    walk.layer = layer;
    walk.end = layer->y_width * layer->stride_width - layer->pad_left;
    walk.outside = (int8_t *)scratch + 32 * fours;
    if (layer->is_padded)
        mote_fill((int8_t *)scratch + 32 * fours, layer->x_zero, layer->x_channels);
    mote_chain_start_row(&walk, x);

    for (uint32_t left = (uint32_t)layer->y_height * layer->y_width; left > 0;) {
        const uint32_t count = left < 3 ? left : 3;
        if (count < 3)
            job.y_1 = job.y_2 = (count - 1) * y_pixel;
        if (count == 1)
            job.start = 2;
        mote_chain_put(&walk, count, scratch MOTE_STRIDES_GIVEN);
        if (layer->constants)
            for (uint32_t i = 0; i < count; i++)
                mote_copy(y + i * y_pixel, layer->constants, (int32_t)channels);
        job.y = y;
#if MOTE_AFFINE
        mote_chain_split_affine(&job);
#else
        mote_chain(&job);
#endif
        if (is_clamped)
            for (uint32_t i = 0; i < count * y_pixel; i += y_pixel)
                for (int8_t *result = y + i, *end = result + channels; result != end; result++)
                    *result = mote_clamp_s8(*result, layer->y_min, layer->y_max);
        y += count * y_pixel;
        left -= count;
    }
}

#endif
