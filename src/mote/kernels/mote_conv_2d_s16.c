/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[n,iy,ix,i] * weights[o,ky,kx,i])), int16, with
 * iy = oy * stride_height + ky * dilation_height - pad_top, ix alike; outside x the value is 0. Output o
 * reads the channels of its group.
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.
 * weights: int8, or with weight_bits 4 two in a byte, the first in the low half; then each channel starts a
 * byte.
 * Scratch: with weight_bits 4, the taps of one channel, a byte each; else none.
 * No overflow: sums of at most 511 products in 32 bits, all of them in 64; see mote_sums_s16.h. */
#include "mote_sums_s16.h"
#include "mote_unpack_s4.h"
#include "mote_window.h"

/* One output channel over all pixels of an image; x is the image from the group's first channel on. */
static void put_channel(const mote_conv_2d_16x8 *layer, const mote_output_s16 *output, const int8_t *weights,
                        int32_t o, const int16_t *x, int16_t *y)
{
    const int32_t channels = layer->x_channels, inputs = channels / layer->groups;
    const int32_t x_row = layer->x_width * channels, w_row = layer->kernel_width * inputs;

    for (int32_t oy = 0; oy < layer->y_height; oy++) {
        const int32_t iy = oy * layer->stride_height - layer->pad_top;
        const mote_window rows =
            mote_clip(iy, layer->dilation_height, layer->kernel_height, layer->x_height);
        for (int32_t ox = 0; ox < layer->y_width; ox++, y += layer->y_channels) {
            const int32_t ix = ox * layer->stride_width - layer->pad_left;
            const mote_window columns =
                mote_clip(ix, layer->dilation_width, layer->kernel_width, layer->x_width);
            int64_t sum = layer->bias[o];
            for (int32_t ky = rows.first; ky < rows.last; ky++) {
                const int16_t *row = x + (iy + ky * layer->dilation_height) * x_row;
                for (int32_t kx = columns.first; kx < columns.last; kx++)
                    sum += mote_dot_s16(row + (ix + kx * layer->dilation_width) * channels,
                                        weights + ky * w_row + kx * inputs, inputs);
            }
            *y = mote_put_s16(output, sum, o);
        }
    }
}

void mote_conv_2d_s16(const mote_conv_2d_16x8 *layer, const int16_t *x, int16_t *y, void *scratch)
{
    const mote_output_s16 output = MOTE_OUTPUT_S16(layer);
    const int32_t inputs = layer->x_channels / layer->groups, outputs = layer->y_channels / layer->groups;
    const int32_t taps = layer->kernel_height * layer->kernel_width * inputs;
    const int32_t bytes = layer->weight_bits == 4 ? (taps + 1) / 2 : taps;
    const int32_t x_image = layer->x_height * layer->x_width * layer->x_channels;
    const int32_t y_image = layer->y_height * layer->y_width * layer->y_channels;

    for (int32_t o = 0; o < layer->y_channels; o++) {
        const int16_t *own = x + o / outputs * inputs;
        const int8_t *weights = layer->weights + o * bytes;
        if (layer->weight_bits == 4) {
            mote_unpack_s4(scratch, weights, (uint32_t)taps);
            weights = scratch;
        }
        for (int32_t image = 0; image < layer->batches; image++)
            put_channel(layer, &output, weights, o, own + image * x_image, y + image * y_image + o);
    }
}
