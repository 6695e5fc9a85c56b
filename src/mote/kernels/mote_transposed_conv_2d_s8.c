/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,oy,ox,o] = clamp(requantize(bias[o] + sum (x[n,iy,ix,i] - x_zero) * weights[o,ky,kx,i]) + y_zero) over
 * all taps and inputs with iy * stride_height + ky * dilation_height = oy + pad_top, ix alike. Output o
 * reads the channels of its group.
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.  bias: without the input zero point, as the number of taps differs.  Scratch: none.
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

/* One output pixel; x is the image. */
static void put_pixel(const mote_conv_2d *layer, const mote_output *output, const mote_spread *rows,
                      const mote_spread *columns, const int8_t *x, int8_t *y)
{
    const int32_t channels = layer->x_channels, inputs = channels / layer->groups;
    const int32_t outputs = layer->y_channels / layer->groups;
    const int8_t *w = layer->weights;

    for (int32_t o = 0; o < layer->y_channels; o++) {
        const int8_t *own = x + o / outputs * inputs;
        int32_t sum = layer->bias[o], iy = rows->at;
        for (int32_t ky = rows->first; ky < rows->last; ky += rows->step, iy -= rows->back) {
            int32_t ix = columns->at;
            for (int32_t kx = columns->first; kx < columns->last; kx += columns->step, ix -= columns->back)
                sum += dot(own + (iy * layer->x_width + ix) * channels,
                           w + (ky * layer->kernel_width + kx) * inputs, inputs, layer->x_zero);
        }
        mote_put_outputs(output, &sum, (uint32_t)o, 1, y + o);
        w += layer->kernel_height * layer->kernel_width * inputs;
    }
}

void mote_transposed_conv_2d_s8(const mote_conv_2d *layer, const int8_t *x, int8_t *y)
{
    const mote_output output = MOTE_OUTPUT(layer, 1);
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
