/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx} x[n,iy,ix,o / m] * weights[ky,kx,o]) + y_zero)
 * with m = y_channels / x_channels, iy = oy * stride_height + ky * dilation_height - pad_top, ix alike;
 * outside x the value is x_zero.
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.  Scratch: none.
 * No overflow: |acc| <= 128 * sum|weights[..,o]| + |bias[o]| < 2^31, checked at compile time. */
#include "mote_kernels.h"
#include "mote_requantize.h"

/* One output value before requantisation; x and w point to its channel. */
static int32_t accumulate(const mote_conv_2d *layer, const int8_t *x, const int8_t *w, int32_t iy0,
                          int32_t ix0)
{
    int32_t acc = 0;
    for (int32_t ky = 0; ky < layer->kernel_height; ky++) {
        int32_t iy = iy0 + ky * layer->dilation_height;
        int row_inside = iy >= 0 && iy < layer->x_height;
        for (int32_t kx = 0; kx < layer->kernel_width; kx++) {
            int32_t ix = ix0 + kx * layer->dilation_width;
            if (row_inside && ix >= 0 && ix < layer->x_width)
                acc += x[(iy * layer->x_width + ix) * layer->x_channels] * *w;
            else
                acc += layer->x_zero * *w;
            w += layer->y_channels;
        }
    }
    return acc;
}

void mote_depthwise_conv_2d_s8(const mote_conv_2d *layer, const int8_t *x, int8_t *y)
{
    const int32_t multiplicity = layer->y_channels / layer->x_channels;

    for (uint32_t n = 0; n < layer->batches; n++) {
        for (int32_t oy = 0; oy < layer->y_height; oy++) {
            int32_t iy0 = oy * layer->stride_height - layer->pad_top;
            for (int32_t ox = 0; ox < layer->y_width; ox++) {
                int32_t ix0 = ox * layer->stride_width - layer->pad_left;
                for (int32_t o = 0; o < layer->y_channels; o++) {
                    int32_t acc = layer->bias[o] + accumulate(layer, x + o / multiplicity,
                                                              layer->weights + o, iy0, ix0);
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
