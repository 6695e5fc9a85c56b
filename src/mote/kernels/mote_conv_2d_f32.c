/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,oy,ox,o] = clamp(bias[o] + sum_{ky,kx,i} x[n,iy,ix,i] * weights[o,ky,kx,i]), with
 * iy = oy * stride_height + ky * dilation_height - pad_top, ix alike; outside x the value is 0. Output o
 * reads the channels of its group.
 *
 * x: [batches, x_height, x_width, x_channels] float. y: [batches, y_height, y_width, y_channels] float, must
 * not overlap x.
 * Scratch: none. Cost: one multiplication and addition per tap inside x. */
#include "mote_pixels_f32.h"

static void put_pixel(const mote_conv_2d_float *layer, const float *x, int32_t iy, int32_t ix, float *y)
{
    const int32_t channels = layer->x_channels, inputs = channels / layer->groups;
    const int32_t outputs = layer->y_channels / layer->groups;
    const int32_t w_row = layer->kernel_width * inputs;
    const mote_window rows = mote_clip(iy, layer->dilation_height, layer->kernel_height, layer->x_height);
    const mote_window columns = mote_clip(ix, layer->dilation_width, layer->kernel_width, layer->x_width);
    /* The taps of a row that lie side by side are one product. */
    const int32_t together = inputs == channels && layer->dilation_width == 1 ? columns.last - columns.first : 1;
    const float *w = layer->weights;

    for (int32_t o = 0; o < layer->y_channels; o++, w += layer->kernel_height * w_row) {
        const float *own = x + o / outputs * inputs;
        float sum = layer->bias[o];
        for (int32_t ky = rows.first; ky < rows.last; ky++) {
            const float *row = own + (iy + ky * layer->dilation_height) * layer->x_width * channels;
            for (int32_t kx = columns.first; kx < columns.last; kx += together)
                sum += mote_dot_f32(row + (ix + kx * layer->dilation_width) * channels,
                                    w + ky * w_row + kx * inputs, together * inputs);
        }
        y[o] = mote_clamp_f32(sum, layer->y_min, layer->y_max);
    }
}

void mote_conv_2d_f32(const mote_conv_2d_float *layer, const float *x, float *y)
{
    MOTE_PIXELS_F32(put_pixel, layer, x, y)
}
