/* SPDX-License-Identifier: Apache-2.0
 *
 * y[oy - row,ox,o] = clamp(requantize(bias[o] + sum x[iy][ix,i] * weights[o,ky,kx,i]))
 * over all taps and inputs with iy * stride_height + ky * dilation_height = oy + pad_top, ix alike. Output o
 * reads the channels of its group.
 *
 * x: rows of [x_width, x_channels] int16, the first of which is the first that row oy = row may read
 * (mote_first_met).  y: [y_height, y_width, y_channels], rows of an image from row on; must not
 * overlap x. row: the number of y's first row in its image.  Scratch: none.
 * No overflow: sums of at most 511 products in 32 bits, all of them in 64; see mote_sums_s16.h. */
#include "mote_spread.h"
#include "mote_sums_s16.h"

/* One output pixel; rows counts those in x. */
static void put_pixel(const mote_transposed_conv_2d_16x8 *layer, const mote_output_s16 *output,
                      const mote_spread *rows, const mote_spread *columns, const int16_t *const *x, int16_t *y)
{
    const int32_t channels = layer->x_channels, inputs = channels / layer->groups;
    const int32_t outputs = layer->y_channels / layer->groups;
    const int8_t *w = layer->weights;

    for (int32_t o = 0; o < layer->y_channels; o++) {
        const int32_t own = o / outputs * inputs;
        int64_t sum = layer->bias[o];
        int32_t iy = rows->at;
        for (int32_t ky = rows->first; ky < rows->last; ky += rows->step, iy -= rows->back) {
            int32_t ix = columns->at;
            for (int32_t kx = columns->first; kx < columns->last; kx += columns->step, ix -= columns->back)
                sum += mote_dot_s16(x[iy] + ix * channels + own,
                                    w + (ky * layer->kernel_width + kx) * inputs, inputs);
        }
        y[o] = mote_put_s16(output, sum, o);
        w += layer->kernel_height * layer->kernel_width * inputs;
    }
}

void mote_transposed_conv_2d_s16(const mote_transposed_conv_2d_16x8 *layer, const int16_t *const *x, int16_t *y,
                                 uint32_t row)
{
    const mote_output_s16 output = MOTE_OUTPUT_S16(layer);
    const int32_t top = (int32_t)row + layer->pad_top;
    const int32_t first = mote_first_met(top, layer->kernel_height, layer->stride_height,
                                         layer->dilation_height, layer->x_height);

    for (int32_t oy = 0; oy < layer->y_height; oy++) {
        mote_spread rows = mote_meet(top + oy, layer->kernel_height, layer->stride_height,
                                     layer->dilation_height, layer->x_height);
        rows.at -= first;
        for (int32_t ox = 0; ox < layer->y_width; ox++, y += layer->y_channels) {
            const mote_spread columns = mote_meet(ox + layer->pad_left, layer->kernel_width, layer->stride_width,
                                                  layer->dilation_width, layer->x_width);
            put_pixel(layer, &output, &rows, &columns, x, y);
        }
    }
}
