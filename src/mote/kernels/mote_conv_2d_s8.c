/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[n,iy,ix,i] * weights[o,ky,kx,i]) + y_zero)
 * with iy = oy * stride_height + ky * dilation_height - pad_top, ix alike; outside x the value is
 * x_zero. Output o reads the channels of its group.
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.  Scratch: none.
 * No overflow: |acc| <= 128 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time. */
#include "mote_dot_4.h"
#include "mote_kernels.h"
#include "mote_output.h"
#include "mote_window.h"

static int32_t sum_weights(const int8_t *w, int32_t count)
{
    int32_t sum = 0;
    for (const int8_t *end = w + count; w != end; w++)
        sum += *w;
    return sum;
}

/* The weights of one channel whose taps are outside the image. */
static int32_t sum_outside(const mote_conv_2d *layer, const int8_t *w, mote_window rows,
                           mote_window columns, int32_t inputs)
{
    const int32_t row = layer->kernel_width * inputs;
    int32_t sum = sum_weights(w, rows.first * row);
    for (int32_t ky = rows.first; ky < rows.last; ky++) {
        sum += sum_weights(w + ky * row, columns.first * inputs);
        sum += sum_weights(w + ky * row + columns.last * inputs, row - columns.last * inputs);
    }
    return sum + sum_weights(w + rows.last * row, (layer->kernel_height - rows.last) * row);
}

void mote_conv_2d_s8(const mote_conv_2d *layer, const int8_t *x, int8_t *y)
{
    const mote_output output = MOTE_OUTPUT(layer, 1);
    const int32_t channels = layer->x_channels, x_row = layer->x_width * channels;
    const int32_t group_outputs = layer->y_channels / layer->groups;
    const int32_t inputs = channels / layer->groups;
    const int32_t filter = layer->kernel_height * layer->kernel_width * inputs;
    const int32_t lanes = group_outputs < 4 ? 1 : 4;
    const int is_dense = layer->groups == 1 && layer->dilation_width == 1;
    mote_dot_4_job job;
    job.lane = lanes == 1 ? 0 : filter;
    job.x_row = layer->dilation_height * x_row;
    job.w_row = layer->kernel_width * inputs;

    for (int32_t image = 0; image < layer->batches; image++, x += layer->x_height * x_row) {
        for (int32_t oy = 0; oy < layer->y_height; oy++) {
            const int32_t iy = oy * layer->stride_height - layer->pad_top;
            const mote_window rows =
                mote_clip(iy, layer->dilation_height, layer->kernel_height, layer->x_height);
            for (int32_t ox = 0; ox < layer->y_width; ox++) {
    (void)0;
            }
        }
    }
}
