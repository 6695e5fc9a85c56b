/* SPDX-License-Identifier: Apache-2.0
 *
 * y[oy - row,ox,o] = clamp(bias[o] + sum x[iy][ix,i] * weights[o,ky,kx,i])
 * over all taps and inputs with iy * stride_height + ky * dilation_height = oy + pad_top, ix alike. Output o
 * reads the channels of its group.
 *
 * x: rows of [x_width, x_channels] float, the first of which is the first that row oy = row may read
 * (mote_first_met).  y: [y_height, y_width, y_channels], rows of an image from row on; must not
 * overlap x. row: the number of y's first row in its image.
 * Scratch: none. Cost: one multiplication and addition per input that spreads to an element of y. */
#include "mote_dot_f32.h"
#include "mote_kernels_f32.h"
#include "mote_spread.h"

/* One pixel; rows counts those in x. */
static void put_pixel(const mote_transposed_conv_2d_float *layer, const mote_spread *rows,
                      const mote_spread *columns, const float *const *x, float *y)
{
    const int32_t channels = layer->x_channels, inputs = channels / layer->groups;
    const int32_t outputs = layer->y_channels / layer->groups;
    const float *w = layer->weights;

    for (int32_t o = 0; o < layer->y_channels; o++) {
        const int32_t own = o / outputs * inputs;
        float sum = layer->bias[o];
        int32_t iy = rows->at;
        for (int32_t ky = rows->first; ky < rows->last; ky += rows->step, iy -= rows->back) {
            int32_t ix = columns->at;
            for (int32_t kx = columns->first; kx < columns->last; kx += columns->step, ix -= columns->back)
                sum += mote_dot_f32(x[iy] + ix * channels + own,
                                    w + (ky * layer->kernel_width + kx) * inputs, inputs);
        }
        y[o] = mote_clamp_f32(sum, layer->y_min, layer->y_max);
        w += layer->kernel_height * layer->kernel_width * inputs;
    }
}

void mote_transposed_conv_2d_f32(const mote_transposed_conv_2d_float *layer, const float *const *x, float *y,
                                 uint32_t row)
{
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
            put_pixel(layer, &rows, &columns, x, y);
        }
    }
}
