/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx} x[n,iy,ix,o / m] * weights[ky,kx,o])), int16, with
 * m = y_channels / x_channels, iy = oy * stride_height + ky * dilation_height - pad_top, ix alike; outside x
 * the value is 0.
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.
 * weights: int8, or with weight_bits 4 two in a byte, the first in the low half.
 * Scratch: with weight_bits 4, kernel_height * kernel_width * y_channels bytes; else none.
 * No overflow: 64-bit sums; see mote_sums_s16.h. */
#include "mote_sums_s16.h"
#include "mote_unpack_s4.h"
#include "mote_window.h"

/* One pixel; tap (0, 0) reads x + offset, perhaps outside the image. */
static void put_pixel(const mote_conv_2d_16x8 *layer, const mote_output_s16 *output, const int8_t *weights,
                      mote_window rows, mote_window columns, int32_t offset, const int16_t *x, int16_t *y)
{
    const int32_t channels = layer->x_channels, outputs = layer->y_channels;
    const int32_t multiplicity = outputs / channels, x_tap = layer->dilation_width * channels;
    const int32_t x_row = layer->dilation_height * layer->x_width * channels;

    for (int32_t o = 0; o < outputs; o++) {
        const int32_t input = multiplicity == 1 ? o : o / multiplicity;
        int64_t sum = layer->bias[o];
        for (int32_t ky = rows.first; ky < rows.last; ky++) {
            const int8_t *w = weights + ky * layer->kernel_width * outputs + o;
            int32_t at = offset + ky * x_row + input;
            for (int32_t kx = columns.first; kx < columns.last; kx++)
                sum += x[at + kx * x_tap] * w[kx * outputs];
        }
        y[o] = mote_put_s16(output, sum, o);
    }
}

void mote_depthwise_conv_2d_s16(const mote_conv_2d_16x8 *layer, const int16_t *x, int16_t *y,
                                void *scratch)
{
    const mote_output_s16 output = MOTE_OUTPUT_S16(layer);
    const int32_t channels = layer->x_channels, width = layer->x_width * channels;
    const uint32_t taps = (uint32_t)layer->kernel_height * layer->kernel_width;
    const int8_t *weights = layer->weights;
    if (layer->weight_bits == 4) {
        mote_unpack_s4(scratch, weights, taps * layer->y_channels);
        weights = scratch;
    }
    for (int32_t image = 0; image < layer->batches; image++, x += layer->x_height * width) {
        for (int32_t oy = 0; oy < layer->y_height; oy++) {
            const int32_t iy = oy * layer->stride_height - layer->pad_top;
            const mote_window rows =
                mote_clip(iy, layer->dilation_height, layer->kernel_height, layer->x_height);
            for (int32_t ox = 0; ox < layer->y_width; ox++, y += layer->y_channels) {
                const int32_t ix = ox * layer->stride_width - layer->pad_left;
                const mote_window columns =
                    mote_clip(ix, layer->dilation_width, layer->kernel_width, layer->x_width);
                put_pixel(layer, &output, weights, rows, columns, iy * width + ix * channels, x, y);
            }
        }
    }
}
