/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 with MVE through mote_depthwise_mve.h, eight channels at a time. The kernels
 * mote_depthwise_conv_2d_s8_mve_3x3*.c are this file with one choice of MOTE_SINGLE each.
 *
 * y[oy,ox,c] = clamp(requantize(bias[c] + sum_{ky,kx} x[iy][ix,c] * weights[c,kx,ky]) + y_zero)
 * with iy = oy * stride_height + ky, ix = ox * stride_width + kx - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, channels], must not overlap a row of x.
 * channels: at least 8.  stride_width 1 or 2; pad_left 0 or 1.
 * Every eight channels, the last of which start at channels - 8, have quads[i] times four that are computed.
 * lanes: [quads][4], which of the eight.  weights: [quads][4][3 columns][3].  bias, multiplier, finish (right shift,
 * negative): [quads][4]. is_cut: the other channels become constant.
 * Scratch: 32 * columns + 16 bytes, 4-byte aligned, with columns = (y_width - 1) * stride_width + 3.
 * Cost: 27 instructions for four results, about 35 for a row of four channels, 11 for a column of eight.
 * No overflow: |acc| < 2^30, checked at compile time. */
#ifndef MOTE_DEPTHWISE_CONV_2D_MVE_3X3_H
#define MOTE_DEPTHWISE_CONV_2D_MVE_3X3_H

#include "mote_copy_mve.h"
#include "mote_depthwise_mve.h"
#include "mote_kernels.h"

static inline void mote_depthwise_conv_2d_mve_3x3(const mote_depthwise_vectors *layer, const int8_t *const *x,
                                                  int8_t *y, void *scratch)
{
    static const uint8_t taps[16] = {0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 8, 8, 8, 8};
    const uint32_t channels = layer->channels, stride = layer->stride_width, pad = layer->pad_left;
    const uint32_t columns = (layer->y_width - 1u) * stride + 3u;
    const uint32_t there = layer->x_width < columns - pad ? layer->x_width : columns - pad;
    const uint32_t lane_bytes = MOTE_COLUMN * columns, row_bytes = layer->y_width * channels;
    int8_t outside[8], *const lanes = scratch;
    mote_columns_job from;
    mote_windows_job job;

    mote_fill_mve(outside, layer->x_zero, sizeof outside);
    mote_fill_mve(lanes, layer->x_zero, 8 * lane_bytes + 16); /* columns outside stay so */
    for (uint32_t i = 0; i < 8; i++) {
        from.offsets[i] = (uint16_t)(i * lane_bytes);
        from.offsets[8 + i] = (uint16_t)(i * lane_bytes + 2);
    }
    for (uint32_t i = 0; i < 4; i++) {
        job.low[i] = layer->y_min;
        job.high[i] = layer->y_max;
    }
    memcpy(job.taps, taps, sizeof taps);
    job.x = lanes;
    job.lane_bytes = lane_bytes;
    job.pixels = layer->y_width;
    job.channels = channels;
    job.zero = layer->y_zero;
    for (uint32_t oy = 0; oy < layer->y_height; oy++, x += layer->stride_height, y += row_bytes) {
        job.next_bias = layer->bias;
        job.lanes = layer->lanes;
        job.weights = layer->weights;
        job.multiplier = layer->multiplier;
        job.finish = layer->finish;
        if (layer->is_cut)
            mote_fill_mve(y, layer->constant, row_bytes);
        for (uint32_t c = 0; c < channels; c += 8) {
            const uint32_t first = c < channels - 8 ? c : channels - 8;
            job.quads = layer->quads[c / 8];
            if (job.quads == 0)
                continue;
            for (uint32_t ky = 0; ky < 3; ky++) {
                from.x[ky] = x[ky] ? x[ky] + first : outside;
                from.step[ky] = x[ky] ? channels : 0;
            }
            mote_put_columns(&from, there, lanes + pad * MOTE_COLUMN);
            job.y = y + first;
            mote_multiply_windows(&job, stride);
        }
    }
}

#endif
