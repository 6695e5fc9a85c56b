/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,oy,ox,o] = clamp(requantize(bias[o] + sum x[n,iy,ix,i] * weights[o,ky,kx,i])) over
 * all taps and inputs with iy * stride_height + ky * dilation_height = oy + pad_top, ix alike. Output o
 * reads the channels of its group.
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.  Scratch: none.
 * No overflow: sums of at most 511 products in 32 bits, all of them in 64; see mote_sums_s16.h. */
#include "mote_spread.h"
#include "mote_sums_s16.h"

/* One output pixel; x is the image. */
static void put_pixel(const mote_transposed_conv_2d_16x8 *layer, const mote_output_s16 *output,
                      const mote_spread *rows, const mote_spread *columns, const int16_t *x, int16_t *y)
{
    const int32_t channels = layer->x_channels, inputs = channels / layer->groups;
    const int32_t outputs = layer->y_channels / layer->groups;
    const int8_t *w = layer->weights;

    for (int32_t o = 0; o < layer->y_channels; o++) {
        const int16_t *own = x + o / outputs * inputs;
        int64_t sum = layer->bias[o];
        int32_t iy = rows->at;
        for (int32_t ky = rows->first; ky < rows->last; ky += rows->step, iy -= rows->back) {
            int32_t ix = columns->at;
            for (int32_t kx = columns->first; kx < columns->last; kx += columns->step, ix -= columns->back)
                sum += mote_dot_s16(own + (iy * layer->x_width + ix) * channels,
                                    w + (ky * layer->kernel_width + kx) * inputs, inputs);
        }
        y[o] = mote_put_s16(output, sum, o);
        w += layer->kernel_height * layer->kernel_width * inputs;
    }
}

void mote_transposed_conv_2d_s16(const mote_transposed_conv_2d_16x8 *layer, const int16_t *x, int16_t *y)
{
    const mote_output_s16 output = MOTE_OUTPUT_S16(layer);
    const int32_t image = layer->x_height * layer->x_width * layer->x_channels;

    for (uint32_t n = 0; n < layer->batches; n++, x += image) {
        for (int32_t oy = 0; oy < layer->y_height; oy++) {
            const mote_spread rows = mote_meet(oy + layer->pad_top, layer->kernel_height,
                                               layer->stride_height, layer->dilation_height, layer->x_height);
            for (int32_t ox = 0; ox < layer->y_width; ox++, y += layer->y_channels) {
                const mote_spread columns = mote_meet(ox + layer->pad_left, layer->kernel_width,
                                                      layer->stride_width, layer->dilation_width,
                                                      layer->x_width);
                put_pixel(layer, &output, &rows, &columns, x, y);
            }
        }
    }
}
