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
 * Cost: about 130 cycles a channel besides its pixels, for all output rows of a call whose windows lie inside the
 * image from top to bottom; for each of the others 600.
 * No overflow: |acc| <= 128 * sum|weights[c]| + |bias[c]| < 2^31, checked at compile time. */
#ifndef MOTE_DEPTHWISE_CONV_2D_NARROW_3X3_H
#define MOTE_DEPTHWISE_CONV_2D_NARROW_3X3_H

#include "mote_depthwise_narrow.h"
#include "mote_kernels.h"
#include "mote_strides.h"

/* One output row whose window leaves the image at the top or bottom: a channel at a time with zeros for the weights
 * of such rows, for which any other row is read; what they contribute joins the start. */
MOTE_NOT_INLINE static void mote_depthwise_narrow_cut(const mote_depthwise_narrow_3x3 *layer,
                                                      const mote_depthwise_narrow_job *all,
                                                      const int8_t *const *x)
{
    mote_depthwise_narrow_job one = *all;
    const uint32_t words = 3u + layer->is_bent;
    const int8_t *placed[3], *w = all->w;
    const int32_t *narrow = all->narrow;
    int32_t cut_narrow[4];
    int8_t cut_w[9];
    uint8_t outside[3];
    const uint8_t *is_outside = outside;
    for (uint32_t k = 0; k < 3; k++) {
        placed[k] = x[k] ? x[k] : x[0] ? x[0] : x[1] ? x[1] : x[2];
        outside[k] = !x[k];
    }
    one.x = placed;
    one.channels = 1;
    for (uint32_t c = 0; c < all->channels; c++, one.x_end++, one.y++, narrow += words) {
        int32_t sum = 0;
        for (int8_t *to = cut_w, *end = to + 9; to != end; to += 3, w += 3) {
            const int is_cut = *is_outside++;
            to[0] = is_cut ? 0 : w[0];
            to[1] = is_cut ? 0 : w[1];
            to[2] = is_cut ? 0 : w[2];
            if (is_cut)
                sum += w[0] + w[1] + w[2];
        }
        is_outside -= 3;
        cut_narrow[0] = narrow[0];
        cut_narrow[1] = narrow[1];
        cut_narrow[2] = narrow[2];
        cut_narrow[words - 1] = narrow[words - 1];
        cut_narrow[words - 1] += sum * layer->x_zero;
        one.w = cut_w;
        one.narrow = cut_narrow;
        mote_depthwise_narrow(&one, layer->stride_width);
    }
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
    job.x_step = layer->stride_height * (uint32_t)sizeof *x;
    job.x_end = -job.columns;
    job.w = layer->weights;
    job.narrow = layer->narrow;
    job.channels = layer->channels;
    job.left = layer->pad_left ? layer->x_zero : 0;
    job.right = layer->x_zero;
    job.layer.offset_shift = layer->offset_shift;
    job.layer.end = layer->end;
    job.layer.middle = layer->middle;
    job.layer.is_bent = layer->is_bent;
    for (int32_t oy = 0; oy < height; oy += (int32_t)job.rows) {
        job.x = x;
        job.y = y;
        job.rows = 0;
        for (; oy + (int32_t)job.rows < height && x[0] && x[2]; x += layer->stride_height)
            job.rows++;
        if (job.rows > 0) {
            mote_depthwise_narrow(&job, stride);
        } else {
            job.rows = 1;
            mote_depthwise_narrow_cut(layer, &job, x);
            x += layer->stride_height;
        }
        y += (int32_t)job.rows * layer->y_width * job.y_pixel;
    }
}

#endif
