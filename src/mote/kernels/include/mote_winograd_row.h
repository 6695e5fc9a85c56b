/* SPDX-License-Identifier: Apache-2.0
 *
 * Winograd convolution 3 x 3 at stride 1 along rows, exact: F(4, 3) of Lavin and Gray 2016, section 4. Three rows of
 * 6 inputs give 4 results of a row, with half of the multiplications, whether or not the rows below are computed.
 *
 * What is computed, x, y, gaps and constants are as mote_winograd.h says, with the transforms of mote_winograd_4.h
 * along the rows only.
 * One tile of a row is multiplied at a time, or two: mote_winograd_row_two.h.
 * weights: [pairs / 2, rounded up][6][3 rows][2 * fours][4 channels][2] transformed ones, 4-byte aligned, in groups
 * of four input channels as there.
 * channels: [2 * pairs][4]: multiplier; right shift, and above its byte the step from the channel before in y, as gaps
 * there; start, which is added at position 1, from where it reaches all results; offset, as mote_finish_double says.
 * Scratch: 144 * fours bytes for each tile, 3 * 6 transformed pixels.
 * No overflow: |B' x| <= 10 * 255 and |G w| <= 7 * 128, so both fit int16. A sum is right modulo 2^32;
 * 24 * |sum + bias| < 2^31, checked at compile time, makes it exact; twice a sum with its bias is below 2^31. */
#ifndef MOTE_WINOGRAD_ROW_H
#define MOTE_WINOGRAD_ROW_H

#define MOTE_TILES 1
#define MOTE_WINOGRAD_AT_ONCE 8 /* rows have three times as many groups as tiles of several rows */

#include "mote_copy.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_strides.h"
#include "mote_winograd_multiply_one.h"
#include "mote_winograd_output_row.h"
#include "mote_winograd_put_row.h"

/* Some columns, at most 4, of the results of count channels. */
MOTE_NOT_INLINE static void mote_winograd_store_columns(const uint32_t *sums, mote_winograd_next_channel *next,
                                                        uint32_t count, int32_t columns)
{
    for (; count > 0; count--, sums++, next->channel += 4) {
        const int32_t *channel = next->channel;
        const int32_t alone[4] = {channel[0], channel[1] & 255, channel[2], channel[3]};
        int8_t results[4];
        mote_winograd_next_channel only = {alone, results, 1};
        mote_winograd_output_row(sums, &only, 1);
        next->y += channel[1] >> 8;
        for (int32_t j = 0; j < columns; j++)
            next->y[(uint32_t)j * next->pixel_step] = results[j];
    }
}

/* All channels of a tile, of which so many columns, at least 1, lie inside y. */
MOTE_NOT_INLINE static void mote_winograd_row_channels(const mote_conv_2d_winograd *layer, const uint32_t *v,
                                                       int8_t *y, int32_t columns MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = 2u * layer->pairs - (layer->channels[8 * layer->pairs - 3] < 256);
    uint32_t sums[6 * MOTE_WINOGRAD_SUMS];
    mote_winograd_next_channel next;
    mote_winograd_job job;
    next.channel = layer->channels;
    next.y = y;
    next.pixel_step = MOTE_Y_PIXEL(layer->y_channels);
    job.weights = layer->weights;
    job.x = v;
    job.sums = sums;
    job.fours = 3 * ((layer->x_channels + 3u) / 4);
    job.skip = mote_winograd_skip(job.fours);
    for (uint32_t i = 0; i < channels; i += 4, job.weights = job.weights_end) {
        const uint32_t count = channels - i < 4 ? channels - i : 4;
        job.weights_end = job.weights + 96 * job.fours;
        mote_winograd_multiply(&job);
        if (columns & 3)
            mote_winograd_store_columns(sums, &next, count, columns);
        else
            mote_winograd_output_row(sums, &next, count);
    }
}

static inline void mote_conv_2d_winograd_row(const mote_conv_2d_winograd *layer, const int8_t *const *x, int8_t *y,
                                             void *scratch MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = layer->y_channels, y_pixel = MOTE_Y_PIXEL(channels);
    const uint32_t end = (uint32_t)layer->y_height * layer->y_width * y_pixel;
    uint32_t *const v = scratch;

    if (layer->constants)
        for (uint32_t i = 0; i < end; i += y_pixel)
            mote_copy(y + i, layer->constants, (int32_t)channels);
    for (int8_t *last = y + end, *to = y; to != last; x++)
        for (int32_t column = 0; column < layer->y_width; column += 4) {
            const int32_t left = layer->y_width - column, columns = left < 4 ? left : 4;
            mote_winograd_put_rows(layer, x, column - layer->pad_left, v MOTE_STRIDES_GIVEN);
            mote_winograd_row_channels(layer, v, to, columns MOTE_STRIDES_GIVEN);
            to += columns * (int32_t)y_pixel;
        }
    if (layer->y_min > -128 || layer->y_max < 127)
        for (uint32_t i = 0; i < end; i += y_pixel)
            for (int8_t *result = y + i, *last = result + channels; result != last; result++)
                *result = mote_clamp_s8(*result, layer->y_min, layer->y_max);
}

#endif
