/* SPDX-License-Identifier: Apache-2.0
 *
 * y[oy,ox,o] = clamp(bias[o] + sum_{ky,kx,i} x[oy * stride_height + ky * dilation_height][ix,i] *
 * weights[o,ky,kx,i]), with ix = ox * stride_width + kx * dilation_width - pad_left; outside the image the
 * value is 0. Output o reads the channels of its group.
 *
 * x: rows of [x_width, x_channels] float, null outside the image. y: [y_height, y_width, y_channels] float,
 * must not overlap x.
 * Scratch: none. Cost: one multiplication and addition per tap inside the image. */
#include "mote_pixels_f32.h"

static void put_pixel(const mote_conv_2d_float *layer, const float *const *x, mote_window rows, int32_t ix,
                      float *y)
{
    const int32_t channels = layer->x_channels, inputs = channels / layer->groups;
    const int32_t outputs = layer->y_channels / layer->groups;
    const int32_t x_step = layer->dilation_height, w_step = layer->kernel_width * inputs;
    const mote_window columns = mote_clip(ix, layer->dilation_width, layer->kernel_width, layer->x_width);
    /* The taps of a row that lie side by side are one product. */
    const int32_t together = inputs == channels && layer->dilation_width == 1 ? columns.last - columns.first : 1;
    const int32_t run = together * inputs, x_run = together * layer->dilation_width * channels;
    const int32_t x_start = (ix + columns.first * layer->dilation_width) * channels;
    const float *weights = layer->weights + rows.first * w_step + columns.first * inputs;

    if (columns.first == columns.last)
        rows.last = rows.first;
    x += rows.first * x_step;
    for (int32_t o = 0; o < layer->y_channels; o++, weights += layer->kernel_height * w_step) {
        const int32_t start = x_start + (outputs == layer->y_channels ? 0 : o / outputs * inputs);
        const float *const *row = x;
        const float *w_row = weights;
        float sum = layer->bias[o];
        for (int32_t ky = rows.first; ky < rows.last; ky++) {
            const float *cell = *row + start;
            const float *w = w_row;
            for (int32_t kx = columns.first; kx < columns.last; kx += together) {
                sum += mote_dot_f32(cell, w, run);
                cell += x_run;
                w += run;
            }
            row += x_step;
            w_row += w_step;
        }
        y[o] = mote_clamp_f32(sum, layer->y_min, layer->y_max);
    }
}

void mote_conv_2d_f32(const mote_conv_2d_float *layer, const float *const *x, float *y)
{
    MOTE_PIXELS_F32(put_pixel, layer, x, y)
}
