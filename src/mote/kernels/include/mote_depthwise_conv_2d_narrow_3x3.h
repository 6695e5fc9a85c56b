/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 through mote_depthwise_narrow.h, for cores without a wide multiplication. The kernels
 * mote_depthwise_conv_2d_s8_narrow_3x3.c and _strided.c are this file with one choice of MOTE_STRIDED each.
 *
 * y[oy,ox,c] = clamp(requantize(bias[c] + sum_{ky,kx} x[iy][ix,c] * weights[c,ky,kx]) + y_zero)
 * with iy = oy * stride_height + ky, ix = ox * stride_width + kx - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says; every window has one that is not null.  y: [y_height, y_width,
 * channels], must not overlap a row of x.
 * stride_width 1 or 2; windows leave the image by at most one column on each side.
 * weights: [channels, 3, 3].  narrow, offset_shift, end, middle, is_bent: bias and requantisation, as mote_narrow.h
 * says.  Scratch: none.
 * Cost: about 350 cycles a channel besides its pixels, for all output rows of a call whose windows lie inside
 * the image from top to bottom; else for each.
 * No overflow: |acc| <= 128 * sum|weights[c]| + |bias[c]| < 2^31, checked at compile time. */
#ifndef MOTE_DEPTHWISE_CONV_2D_NARROW_3X3_H
#define MOTE_DEPTHWISE_CONV_2D_NARROW_3X3_H

#include "mote_depthwise_narrow.h"
#include "mote_kernels.h"
#include "mote_strides.h"

/* Weights of a channel; what the window's rows and columns outside of the image contribute joins the starts.
 * is_cut: of each row of the window. */
static void mote_place_channel(const mote_depthwise_narrow_3x3 *layer, mote_depthwise_narrow_job *job,
                               const int8_t *w, const int32_t *narrow, const uint8_t *is_cut)
{
    const uint32_t multiplier = (uint32_t)narrow[0], last = (uint32_t)narrow[1];
    int32_t cut = 0, left = 0, right = 0;
    for (uint32_t i = 0; i < 9; i += 3, w += 3) {
        if (is_cut[i / 3]) {
            cut += w[0] + w[1] + w[2];
            job->weights[i] = job->weights[i + 1] = job->weights[i + 2] = 0;
            continue;
        }
        left += job->weights[i] = w[0];
        job->weights[i + 1] = w[1];
        right += job->weights[i + 2] = w[2];
    }
    job->start = narrow[2 + layer->is_bent] + layer->x_zero * cut;
    job->first = job->start;
    if (layer->pad_left)
        job->first += layer->x_zero * left;
    job->right = layer->x_zero * right;
    job->limit = (int32_t)((last & 0xffffu) << 4);
    job->low = multiplier & 0xfffu;
    job->high = multiplier >> 12;
    job->offset = (int32_t)((last >> 16 << layer->offset_shift) + (uint32_t)layer->end);
    job->bend = layer->is_bent ? narrow[2] : 0;
}

/* The output rows from the one on whose window is at x, of at most most: one, or those whose windows lie inside
 * the image from top to bottom. Returns how many. */
static int32_t mote_depthwise_narrow_run(const mote_depthwise_narrow_3x3 *layer, mote_depthwise_narrow_job *job,
                                         const int8_t *const *x, int8_t *y, int32_t most)
{
    const int32_t stride = layer->stride_height;
    const int8_t *placed[3];
    uint8_t is_cut[3];
    const int8_t *const any = x[0] ? x[0] : x[1] ? x[1] : x[2];
    const int8_t *w = layer->weights;
    const int32_t *narrow = layer->narrow;
    int32_t rows = 1;
    for (uint32_t k = 0; k < 3; k++) {
        is_cut[k] = !x[k];
        placed[k] = x[k] ? x[k] : any;
    }
    job->x = placed;
    if (x[0] && x[2]) {
        job->x = x;
        for (x += stride; rows < most && x[2]; x += stride)
            rows++;
    }
    job->x_step = (uint32_t)stride * sizeof *x;
    job->rows = (uint32_t)rows;
    job->x_end = -job->columns;
    for (uint32_t c = 0; c < layer->channels; c++, w += 9, narrow += 3 + layer->is_bent, job->x_end++) {
        mote_place_channel(layer, job, w, narrow, is_cut);
        job->y = y + c;
        mote_depthwise_narrow(job, layer->stride_width);
    }
    return rows;
}

static inline void mote_depthwise_conv_2d_narrow_3x3(const mote_depthwise_narrow_3x3 *layer,
                                                     const int8_t *const *x, int8_t *y MOTE_STRIDES_TAKEN)
{
    const int32_t height = layer->y_height, stride = layer->stride_width;
    const int32_t columns = (layer->y_width - 1) * stride + 3 - layer->pad_left;
    int32_t main;
    mote_depthwise_narrow_job job;
    job.right_pad = columns > layer->x_width;
    job.x_pixel = MOTE_X_PIXEL(layer->channels);
    job.y_pixel = MOTE_Y_PIXEL(layer->channels);
    main = (layer->y_width - (int32_t)job.right_pad) * stride;
    job.main_columns = -main * job.x_pixel;
    job.columns = job.main_columns - (3 - stride - layer->pad_left) * job.x_pixel;
    job.middle = layer->middle;
    for (int32_t oy = 0; oy < height;) {
        const int32_t rows = mote_depthwise_narrow_run(layer, &job, x, y, height - oy);
        x += rows * layer->stride_height;
        y += rows * layer->y_width * job.y_pixel;
        oy += rows;
    }
}

#endif
