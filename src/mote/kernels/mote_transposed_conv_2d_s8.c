/* SPDX-License-Identifier: Apache-2.0
 *
 * y[oy - row,ox,o] = clamp(requantize(bias[o] + sum (x[iy][ix,i] - x_zero) * weights[o,ky,kx,i]) + y_zero)
 * over all taps and inputs with iy * stride_height + ky * dilation_height = oy + pad_top, ix alike. Output o
 * reads the channels of its group.
 *
 * x: rows of [x_width, x_channels] int8, the first of which is the first that row oy = row may read
 * (mote_first_met).  y: [y_height, y_width, y_channels], rows of an image from row on; must not
 * overlap x. row: the number of y's first row in its image.  bias: without the input zero point, as the number
 * of taps differs.  Scratch: none.
 * No overflow: |acc| <= 255 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time. */
#include "mote_kernels.h"
#include "mote_output.h"
#include "mote_spread.h"

static int32_t dot(const int8_t *x, const int8_t *w, int32_t count, int32_t x_zero)
{
    int32_t sum = 0;
    for (const int8_t *end = x + count; x != end;)
        sum += (*x++ - x_zero) * *w++;
    return sum;
}

/* One output pixel; rows counts those in x. */
static void put_pixel(const mote_transposed_conv_2d *layer, const mote_output *output, const mote_spread *rows,
                      const mote_spread *columns, const int8_t *const *x, int8_t *y)
{
    const int32_t channels = layer->x_channels, inputs = channels / layer->groups;
    const int32_t outputs = layer->y_channels / layer->groups;
    const int8_t *w = layer->weights;

    for (int32_t o = 0; o < layer->y_channels; o++) {
        const int32_t own = o / outputs * inputs;
        int32_t sum = layer->bias[o], iy = rows->at;
        for (int32_t ky = rows->first; ky < rows->last; ky += rows->step, iy -= rows->back) {
            int32_t ix = columns->at;
            for (int32_t kx = columns->first; kx < columns->last; kx += columns->step, ix -= columns->back)
                sum += dot(x[iy] + ix * channels + own,
                           w + (ky * layer->kernel_width + kx) * inputs, inputs, layer->x_zero);
        }
        mote_put_outputs(output, &sum, (uint32_t)o, 1, y + o);
        w += layer->kernel_height * layer->kernel_width * inputs;
    }
}

void mote_transposed_conv_2d_s8(const mote_transposed_conv_2d *layer, const int8_t *const *x, int8_t *y,
                                uint32_t row)
{
    const mote_output output = MOTE_OUTPUT(layer, 1);
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
