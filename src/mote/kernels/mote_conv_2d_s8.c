/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[n,iy,ix,i] * weights[o,ky,kx,i]) + y_zero)
 * with iy = oy * stride_height + ky * dilation_height - pad_top, ix alike; outside x the value is
 * x_zero. Output o reads the channels of its group.
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.  Scratch: none.
 * No overflow: |acc| <= 128 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time. */
#include "mote_kernels.h"
#include "mote_requantize.h"

/* One output value before requantisation; x is the group's first channel of one image. */
static int32_t accumulate(const mote_conv_2d *layer, const int8_t *x, const int8_t *w, int32_t iy0,
                          int32_t ix0, int32_t inputs)
{
    int32_t acc = 0;
    for (int32_t ky = 0; ky < layer->kernel_height; ky++) {
        int32_t iy = iy0 + ky * layer->dilation_height;
        for (int32_t kx = 0; kx < layer->kernel_width; kx++) {
            int32_t ix = ix0 + kx * layer->dilation_width;
            if (iy >= 0 && iy < layer->x_height && ix >= 0 && ix < layer->x_width) {
                const int8_t *pixel = x + (iy * layer->x_width + ix) * layer->x_channels;
                for (int32_t i = 0; i < inputs; i++)
                    acc += pixel[i] * w[i];
            } else {
                int32_t sum = 0;
                for (int32_t i = 0; i < inputs; i++)
                    sum += w[i];
                acc += layer->x_zero * sum;
            }
            w += inputs;
        }
    }
    return acc;
}

void mote_conv_2d_s8(const mote_conv_2d *layer, const int8_t *x, int8_t *y)
{
    const int32_t inputs = layer->x_channels / layer->groups;
    const int32_t group_outputs = layer->y_channels / layer->groups;
    const int32_t filter = layer->kernel_height * layer->kernel_width * inputs;

    for (uint32_t n = 0; n < layer->batches; n++) {
        for (int32_t oy = 0; oy < layer->y_height; oy++) {
            int32_t iy0 = oy * layer->stride_height - layer->pad_top;
            for (int32_t ox = 0; ox < layer->y_width; ox++) {
                int32_t ix0 = ox * layer->stride_width - layer->pad_left;
                for (int32_t o = 0; o < layer->y_channels; o++) {
                    const int8_t *group = x + o / group_outputs * inputs;
                    int32_t acc = layer->bias[o] + accumulate(layer, group, layer->weights + o * filter,
                                                              iy0, ix0, inputs);
                    int right = mote_right_shift(layer->shift, layer->shift_base, layer->shift_bits,
                                                 (uint32_t)o);
                    acc = mote_requantize(acc, layer->multiplier[o], right, layer->double_rounding);
                    *y++ = mote_clamp_s8(acc + layer->y_zero, layer->y_min, layer->y_max);
                }
            }
        }
        x += layer->x_height * layer->x_width * layer->x_channels;
    }
}
