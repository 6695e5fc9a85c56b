/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution 1 x 1 without padding through mote_multiply_4.h: mote_conv_2d_dsp.h with less code, always 4 pixels at a
 * time. The kernels mote_conv_2d_s8_dsp*_points.c are this file with one choice of MOTE_WIDE and MOTE_SINGLE each.
 *
 * x, y, weights, bias, multiplier, shift, gaps, constants: as mote_conv_2d_dsp.h says, with pixels 4; no row of x is
 * null.
 * Scratch: 8 * x_channels bytes, up to a multiple of 4 of these, and as many bytes more where they are no multiple.
 * Cost: groups of 4 pixels run on from row to row of a call. Where some are left, the last 4 are computed, some of
 * them again; calls of 3 pixels cost as much as 4, of two as much as 8. */
#ifndef MOTE_CONV_2D_DSP_POINTS_H
#define MOTE_CONV_2D_DSP_POINTS_H

#include "mote_copy.h"
#include "mote_kernels.h"
#include "mote_multiply_4.h"
#include "mote_requantize.h"
#include "mote_widen.h"

/* The next pixels, up to 4, as lanes side by side; the last one stands for those that are missing. */
static inline void mote_put_points(const mote_conv_2d_pairs *layer, const int8_t *const *x, uint32_t first,
                                   uint32_t count, uint32_t *lanes, int32_t taps)
{
    int8_t *const bytes = (int8_t *)(lanes + 2 * taps);
    const int32_t channels = layer->x_channels;
    uint32_t row = first / layer->y_width, column = first % layer->y_width;
    for (uint32_t k = 0; k < 4; k++) {
        const int8_t *pixel = x[row * layer->stride_height] + (int32_t)column * layer->stride_width * channels;
        if (taps != channels) {
            mote_copy(bytes, pixel, channels);
            pixel = bytes;
        }
        mote_widen(lanes + k, pixel, taps, 4);
        if (k + 1 < count && ++column == layer->y_width) {
            column = 0;
            row++;
        }
    }
}

static inline void mote_conv_2d_dsp_points(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                           void *scratch)
{
    const uint32_t channels = layer->y_channels, pixels = (uint32_t)layer->y_height * layer->y_width;
    const uint32_t at_once = pixels < 3 ? 1 : pixels < 4 ? 3 : 4;
    const int32_t taps = (layer->x_channels + 3) & ~3;
    uint32_t *const lanes = scratch;
    mote_multiply_job job;

    if (taps != layer->x_channels) /* what fills up the last four */
        mote_write32((int8_t *)(lanes + 2 * taps) + taps - 4, 0);
    job.x = lanes;
    job.x_end = lanes + 2 * taps;
    job.weights = layer->weights;
    job.bias = layer->bias;
    job.multiplier = layer->multiplier;
    job.shift = layer->shift;
    job.pairs = layer->pairs;
    job.zero = 2 * layer->y_zero + 1;
    job.gaps = layer->gaps;
    mote_place_pixels(&job, at_once, at_once > 1 ? channels : 0);
    for (uint32_t i = 0; i < pixels; i += at_once) {
        const uint32_t first = i + at_once <= pixels ? i : pixels - at_once;
        mote_put_points(layer, x, first, at_once, lanes, taps);
        job.y = y + first * channels;
        if (layer->constants)
            for (uint32_t k = 0; k < at_once; k++)
                mote_copy(job.y + k * channels, layer->constants, (int32_t)channels);
        mote_multiply_4(&job);
    }
    if (layer->y_min > -128 || layer->y_max < 127)
        for (uint32_t i = 0; i < pixels * channels; i++)
            y[i] = mote_clamp_s8(y[i], layer->y_min, layer->y_max);
}

#endif
