/* SPDX-License-Identifier: Apache-2.0
 *
 * y[oy,ox,o] = clamp(bias[o] + sum_{ky,kx} x[oy * stride_height + ky * dilation_height][ix,o / m] *
 * weights[ky,kx,o]), with m = y_channels / x_channels, ix = ox * stride_width + kx * dilation_width - pad_left;
 * outside the image the value is 0.
 *
 * x: rows of [x_width, x_channels] float, null outside the image. y: [y_height, y_width, y_channels] float,
 * must not overlap x.
 * Scratch: none. Cost: one multiplication and addition per tap inside the image. */
#include "mote_pixels_f32.h"

static void put_pixel(const mote_conv_2d_float *layer, const float *const *x, mote_window rows, int32_t ix,
                      float *y)
{
    const int32_t channels = layer->x_channels, outputs = layer->y_channels;
    const int32_t multiplicity = outputs / channels, x_tap = layer->dilation_width * channels;
    const int32_t x_step = layer->dilation_height, w_step = layer->kernel_width * outputs;
    const mote_window columns = mote_clip(ix, layer->dilation_width, layer->kernel_width, layer->x_width);
    const int32_t offset = ix * channels + columns.first * x_tap;
    const float *weights = layer->weights + (rows.first * layer->kernel_width + columns.first) * outputs;

    if (columns.first == columns.last)
        rows.last = rows.first;
    x += rows.first * x_step;
    for (int32_t o = 0; o < outputs; o++) {
        const int32_t at = offset + (multiplicity == 1 ? o : o / multiplicity);
        float sum = layer->bias[o];
        const float *w_row = weights + o;
        const float *const *row = x;
        for (int32_t ky = rows.first; ky < rows.last; ky++) {
            const float *cell = *row + at;
            const float *w = w_row;
            for (int32_t kx = columns.first; kx < columns.last; kx++) {
                sum += *cell * *w;
                cell += x_tap;
                w += outputs;
            }
            row += x_step;
            w_row += w_step;
        }
        y[o] = mote_clamp_f32(sum, layer->y_min, layer->y_max);
    }
}

void mote_depthwise_conv_2d_f32(const mote_conv_2d_float *layer, const float *const *x, float *y)
{
    MOTE_PIXELS_F32(put_pixel, layer, x, y)
}
