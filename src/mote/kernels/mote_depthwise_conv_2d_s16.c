/* SPDX-License-Identifier: Apache-2.0
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx} x[oy * stride_height + ky * dilation_height][ix,o / m] *
 * weights[ky,kx,o])), int16, with m = y_channels / x_channels, ix = ox * stride_width + kx * dilation_width -
 * pad_left; outside the image the value is 0.
 *
 * x: rows of [x_width, x_channels], null outside the image.  y: [y_height, y_width, y_channels], must not
 * overlap x.
 * weights: int8, or with weight_bits 4 two in a byte, the first in the low half.
 * Scratch: with weight_bits 4, kernel_height * kernel_width * y_channels bytes; else none.
 * No overflow: 64-bit sums; see mote_sums_s16.h. */
#include "mote_sums_s16.h"
#include "mote_unpack_s4.h"
#include "mote_window.h"

/* One pixel; tap (ky, 0) reads x[ky * dilation_height] + offset, perhaps outside the image. */
static void put_pixel(const mote_conv_2d_16x8 *layer, const mote_output_s16 *output, const int8_t *weights,
                      mote_window rows, mote_window columns, int32_t offset, const int16_t *const *x,
                      int16_t *y)
{
    const int32_t channels = layer->x_channels, outputs = layer->y_channels;
    const int32_t multiplicity = outputs / channels, x_tap = layer->dilation_width * channels;
    const int32_t x_step = layer->dilation_height, w_step = layer->kernel_width * outputs;

    if (columns.first == columns.last)
        rows.last = rows.first;
    x += rows.first * x_step;
    weights += (rows.first * layer->kernel_width + columns.first) * outputs;
    offset += columns.first * x_tap;
    for (int32_t o = 0; o < outputs; o++) {
        const int32_t at = offset + (multiplicity == 1 ? o : o / multiplicity);
        int64_t sum = layer->bias[o];
        const int8_t *w_row = weights + o;
        const int16_t *const *row = x;
        for (int32_t ky = rows.first; ky < rows.last; ky++) {
            const int16_t *cell = *row + at;
            const int8_t *w = w_row;
            for (int32_t kx = columns.first; kx < columns.last; kx++) {
                sum += *cell * *w;
                cell += x_tap;
                w += outputs;
            }
            row += x_step;
            w_row += w_step;
        }
        y[o] = mote_put_s16(output, sum, o);
    }
}

void mote_depthwise_conv_2d_s16(const mote_conv_2d_16x8 *layer, const int16_t *const *x, int16_t *y,
                                void *scratch)
{
    const mote_output_s16 output = MOTE_OUTPUT_S16(layer);
    const int8_t *weights = layer->weights;
    if (layer->weight_bits == 4) {
        const uint32_t taps = (uint32_t)layer->kernel_height * layer->kernel_width;
        mote_unpack_s4(scratch, weights, taps * layer->y_channels);
        weights = scratch;
    }
    for (int32_t oy = 0; oy < layer->y_height; oy++, x += layer->stride_height) {
        const mote_window rows =
            mote_taps_inside((const void *const *)x, layer->kernel_height, layer->dilation_height);
        for (int32_t ox = 0; ox < layer->y_width; ox++, y += layer->y_channels) {
            const int32_t ix = ox * layer->stride_width - layer->pad_left;
            const mote_window columns =
                mote_clip(ix, layer->dilation_width, layer->kernel_width, layer->x_width);
            put_pixel(layer, &output, weights, rows, columns, ix * layer->x_channels, x, y);
        }
    }
}
