/* SPDX-License-Identifier: Apache-2.0
 *
 * Winograd convolution 3 x 3 along rows, as mote_winograd_row.h says, two tiles at a time, which is faster. Tiles
 * that would reach beyond y begin further left, and compute results anew; rows of less than 4 pixels store what lies
 * outside where a result follows.
 * Scratch: 288 * fours bytes, 3 * 6 transformed pixels of each tile. */
#ifndef MOTE_WINOGRAD_ROW_TWO_H
#define MOTE_WINOGRAD_ROW_TWO_H

#include "mote_copy.h"
#include "mote_requantize.h"
#include "mote_winograd_put_row.h"
#include "mote_winograd_row_two_multiply.h"

static inline void mote_conv_2d_winograd_row_two(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                 int8_t *y, void *scratch MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = layer->y_channels, y_pixel = MOTE_Y_PIXEL(channels);
    const uint32_t end = (uint32_t)layer->y_height * layer->y_width * y_pixel;
    const uint32_t computed = 2u * layer->pairs - (layer->channels[8 * layer->pairs - 3] < 256);
    const int32_t width = layer->y_width;
    uint32_t *const v = scratch;
    mote_winograd_row_job job;

    job.weights = layer->weights;
    job.groups = 3 * ((layer->x_channels + 3u) / 4);
    job.skip = mote_winograd_row_skip(job.groups - 1); /* one group precedes the rounds */
    job.x = v;
    job.sums = NULL;
    job.channels = layer->channels;
    job.channels_end = layer->channels + 4 * computed;
    for (int32_t i = 1; i < 4; i++)
        job.steps[i - 1] = i < width ? (uint32_t)i * y_pixel : 0;
    if (layer->constants)
        for (uint32_t i = 0; i < end; i += y_pixel)
            mote_copy(y + i, layer->constants, (int32_t)channels);
    for (int8_t *last = y + end, *row = y; row != last; x++, row += (uint32_t)width * y_pixel)
        for (int32_t column = 0; column < width; column += 8) {
            const int32_t a = mote_winograd_row_begin(column, width), b = mote_winograd_row_begin(a + 4, width);
            job.y = row + (uint32_t)a * y_pixel;
            job.second = (uint32_t)(b - a) * y_pixel;
            mote_winograd_put_rows(layer, x, a - layer->pad_left, v MOTE_STRIDES_GIVEN);
            mote_winograd_put_rows(layer, x, b - layer->pad_left, v + 1 MOTE_STRIDES_GIVEN);
            mote_winograd_row_two_multiply(&job);
        }
    if (layer->y_min > -128 || layer->y_max < 127)
        for (uint32_t i = 0; i < end; i += y_pixel)
            for (int8_t *result = y + i, *last = result + channels; result != last; result++)
                *result = mote_clamp_s8(*result, layer->y_min, layer->y_max);
}

#endif
