/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution 1 x 1 without padding through mote_chain_affine.h: as mote_conv_2d_chain_affine.h, with less code. The
 * kernels mote_conv_2d_s8_dsp_chain_affine_points*.c are this file with one choice of MOTE_DUAL, MOTE_WIDE and MOTE_ONE
 * each.
 *
 * x, y, weights, constants, state: as mote_conv_2d_chain_affine.h says.  Scratch: 8 * x_channels bytes.
 * Cost: windows are computed in groups of 3, which run on through rows of x that lie one behind the other where each
 * of their pixels is read; one or two windows that are left cost as much as 3;
 * with MOTE_ONE, each that is left alone two thirds of that. */
#ifndef MOTE_LINE_POINTS_H
#define MOTE_LINE_POINTS_H

#ifndef MOTE_ONE
#define MOTE_ONE 0
#endif

#include "mote_line_expand.h"
#include "mote_line_layer.h"
#if MOTE_ONE
#include "mote_line_one.h"
#endif

static inline void mote_line_points(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y, void *scratch,
                                    void *state, uint32_t call)
{
    const int32_t channels = layer->x_channels, width = layer->y_width;
    const int32_t step = layer->stride_width * channels, y_pixel = layer->y_channels;
    const int is_dense = layer->stride_height * layer->stride_width == 1 && layer->x_width == width;
    int8_t *to = y;
    mote_line_job job;

    mote_line_start(layer, y, (uint32_t)y_pixel, (uint32_t)channels, scratch, &job);
    mote_line_weights(layer, (uint32_t)channels, state, call, &job);
    job.base = NULL;
    for (int32_t left = layer->y_height, rows; left > 0; left -= rows) {
        int32_t count = width;
        for (rows = 1; is_dense && rows < left && x[rows] == x[0] + count * channels; rows++)
            count += width;
        job.rows = x;
        job.rows_end = x + 1;
        job.step_1 = (uint32_t)step;
        job.y_pixel = (uint32_t)y_pixel;
        if (count < 3) /* each alone */
            job.step_1 = job.y_pixel = 0;
        job.step_2 = 2 * job.step_1;
        job.y_group = 3 * job.y_pixel;
        for (int32_t i = 0, groups; i < count; i += groups * (count < 3 ? 1 : 3)) {
            const int32_t first = count < 3 || i + 3 <= count ? i : count - 3;
            groups = i + 3 <= count ? (count - i) / 3 : 1;
#if MOTE_ONE
            if (count < 3 || i + 1 == count) {
                mote_line_alone(&job, (uint32_t)channels, x[0] + i * step, to + i * y_pixel);
                continue;
            }
#endif
            job.groups = (uint32_t)groups;
            job.at = (uint32_t)(first * step);
            job.y = to + first * y_pixel;
            mote_chain_lines(&job);
        }
        x += rows * layer->stride_height;
        to += count * y_pixel;
    }
    mote_line_clamp(layer, y, (uint32_t)y_pixel);
}

#endif
