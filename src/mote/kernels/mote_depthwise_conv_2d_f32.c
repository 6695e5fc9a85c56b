/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,oy,ox,o] = clamp(bias[o] + sum_{ky,kx} x[n,iy,ix,o / m] * weights[ky,kx,o]), with
 * m = y_channels / x_channels, iy = oy * stride_height + ky * dilation_height - pad_top, ix alike; outside x
 * the value is 0.
 *
 * x: [batches, x_height, x_width, x_channels] float. y: [batches, y_height, y_width, y_channels] float, must
 * not overlap x.
 * Scratch: none. Cost: one multiplication and addition per tap inside x. */
#include "mote_pixels_f32.h"

static void put_pixel(const mote_conv_2d_float *layer, const float *x, int32_t iy, int32_t ix, float *y)
{
    const int32_t channels = layer->x_channels, outputs = layer->y_channels;
    const int32_t multiplicity = outputs / channels, x_tap = layer->dilation_width * channels;
    const mote_window rows = mote_clip(iy, layer->dilation_height, layer->kernel_height, layer->x_height);
    const mote_window columns = mote_clip(ix, layer->dilation_width, layer->kernel_width, layer->x_width);

    for (int32_t o = 0; o < outputs; o++) {
        const int32_t input = multiplicity == 1 ? o : o / multiplicity;
        float sum = layer->bias[o];
        for (int32_t ky = rows.first; ky < rows.last; ky++) {
            const float *w = layer->weights + ky * layer->kernel_width * outputs + o;
            const int32_t at = ((iy + ky * layer->dilation_height) * layer->x_width + ix) * channels + input;
            for (int32_t kx = columns.first; kx < columns.last; kx++)
                sum += x[at + kx * x_tap] * w[kx * outputs];
        }
        y[o] = mote_clamp_f32(sum, layer->y_min, layer->y_max);
    }
}

void mote_depthwise_conv_2d_f32(const mote_conv_2d_float *layer, const float *x, float *y)
{
    MOTE_PIXELS_F32(put_pixel, layer, x, y)
}
