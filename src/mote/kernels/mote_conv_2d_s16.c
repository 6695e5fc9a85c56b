/* SPDX-License-Identifier: Apache-2.0
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[oy * stride_height + ky * dilation_height][ix,i] *
 * weights[o,ky,kx,i])), int16, with ix = ox * stride_width + kx * dilation_width - pad_left; outside the image
 * the value is 0. Output o reads the channels of its group.
 *
 * x: rows of [x_width, x_channels], null outside the image.  y: [y_height, y_width, y_channels], must not
 * overlap x.
 * weights: int8, or with weight_bits 4 two in a byte, the first in the low half; then each channel starts a
 * byte.
 * Scratch: with weight_bits 4, the taps of one channel, a byte each; else none.
 * No overflow: sums of at most 511 products in 32 bits, all of them in 64; see mote_sums_s16.h. */
#include "mote_sums_s16.h"
#include "mote_unpack_s4.h"
#include "mote_window.h"

/* Channels first to last - 1, whose weights follow each other. */
typedef struct {
    const int8_t *weights;
    int32_t first, last;
} mote_channels;

/* These channels of one pixel; tap (ky, kx) reads column ix + kx * dilation_width of x[ky * dilation_height]. */
static void put_pixel(const mote_conv_2d_16x8 *layer, const mote_output_s16 *output, const mote_channels *some,
                      mote_window rows, int32_t ix, const int16_t *const *x, int16_t *y)
{
    const int32_t channels = layer->x_channels, inputs = channels / layer->groups;
    const int32_t outputs = layer->y_channels / layer->groups;
    const int32_t x_step = layer->dilation_height, w_step = layer->kernel_width * inputs;
    const mote_window columns = mote_clip(ix, layer->dilation_width, layer->kernel_width, layer->x_width);
    /* The taps of a row that lie side by side are one product. */
    const int32_t together = inputs == channels && layer->dilation_width == 1 ? columns.last - columns.first : 1;
    const int32_t run = together * inputs, x_run = together * layer->dilation_width * channels;
    const int32_t x_start = (ix + columns.first * layer->dilation_width) * channels;
    const int8_t *weights = some->weights + rows.first * w_step + columns.first * inputs;

    if (columns.first == columns.last)
        rows.last = rows.first;
    x += rows.first * x_step;
    for (int32_t o = some->first; o < some->last; o++, weights += layer->kernel_height * w_step) {
        const int32_t start = x_start + (outputs == layer->y_channels ? 0 : o / outputs * inputs);
        const int16_t *const *row = x;
        const int8_t *w_row = weights;
        int64_t sum = layer->bias[o];
        for (int32_t ky = rows.first; ky < rows.last; ky++) {
            const int16_t *cell = *row + start;
            const int8_t *w = w_row;
            for (int32_t kx = columns.first; kx < columns.last; kx += together) {
                sum += mote_dot_s16(cell, w, run);
                cell += x_run;
                w += run;
            }
            row += x_step;
            w_row += w_step;
        }
        y[o] = mote_put_s16(output, sum, o);
    }
}

static void put_pixels(const mote_conv_2d_16x8 *layer, const mote_channels *some, const int16_t *const *x,
                       int16_t *y)
{
    const mote_output_s16 output = MOTE_OUTPUT_S16(layer);
    for (int32_t oy = 0; oy < layer->y_height; oy++, x += layer->stride_height) {
        const mote_window rows =
            mote_taps_inside((const void *const *)x, layer->kernel_height, layer->dilation_height);
        for (int32_t ox = 0; ox < layer->y_width; ox++, y += layer->y_channels)
            put_pixel(layer, &output, some, rows, ox * layer->stride_width - layer->pad_left, x, y);
    }
}

void mote_conv_2d_s16(const mote_conv_2d_16x8 *layer, const int16_t *const *x, int16_t *y, void *scratch)
{
    const int32_t inputs = layer->x_channels / layer->groups;
    const int32_t taps = layer->kernel_height * layer->kernel_width * inputs;
    const int32_t at_once = layer->weight_bits == 4 ? 1 : layer->y_channels;
    mote_channels some = {layer->weights, 0, at_once};
    for (; some.first < layer->y_channels; some.first = some.last, some.last += at_once) {
        if (layer->weight_bits == 4) {
            mote_unpack_s4(scratch, layer->weights + some.first * ((taps + 1) / 2), (uint32_t)taps);
            some.weights = scratch;
        }
        put_pixels(layer, &some, x, y);
    }
}
