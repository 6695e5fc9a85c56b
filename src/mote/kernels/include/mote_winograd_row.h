/* SPDX-License-Identifier: Apache-2.0
 *
 * Winograd convolution 3 x 3 at stride 1 along rows, exact: F(4, 3) of Lavin and Gray 2016, section 4. Three rows of
 * 6 inputs give 4 results of a row, with half of the multiplications, whether or not the rows below are computed.
 *
 * What is computed, x, y, gaps and constants are as mote_winograd.h says, with the transforms of mote_winograd_4.h
 * along the rows only.
 * MOTE_TILES tiles of a row are multiplied at a time, 1 or 2.
 * weights: [pairs / 2, rounded up][6][3 rows][2 * fours][4 channels][2] transformed ones, 4-byte aligned, in groups
 * of four input channels as there.
 * start, multiplier, shift: [pairs][2]; start is added at position 1, from where it reaches all results.
 * Scratch: 144 * fours bytes for each tile, 3 * 6 transformed pixels.
 * No overflow: |B' x| <= 10 * 255 and |G w| <= 7 * 128, so both fit int16. A sum is right modulo 2^32;
 * 24 * |sum + bias| < 2^31, checked at compile time, makes it exact; twice a sum with its bias is below 2^31. */
#ifndef MOTE_WINOGRAD_ROW_H
#define MOTE_WINOGRAD_ROW_H

#ifndef MOTE_TILES
#define MOTE_TILES 1
#endif

#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_strides.h"
#include "mote_winograd_gather.h"
#include "mote_winograd_input_row.h"
#include "mote_winograd_output_row.h"
#if MOTE_TILES == 2
#include "mote_winograd_multiply.h"
#else
#include "mote_winograd_multiply_one.h"
#endif

/* Six pixels of which some are missing, 16 channels at a time, through patch; row: NULL when all are. Bytes behind
 * the channels of a pixel meet weights of 0. */
MOTE_NOT_INLINE static void mote_winograd_put_part(const mote_conv_2d_winograd *layer, const int8_t *row,
                                                   int32_t column, uint32_t *v, uint32_t *patch MOTE_STRIDES_TAKEN)
{
    const int32_t channels = layer->x_channels, pixel = MOTE_X_PIXEL(channels);
    const uint32_t step = 6 * MOTE_TILES * ((layer->x_channels + 3u) / 4);
    mote_fill((int8_t *)patch, layer->x_zero, 96);
    for (int32_t c = 0; c < channels; c += 16, v += 8 * MOTE_TILES) {
        const int32_t count = channels - c < 16 ? channels - c : 16;
        if (row)
            mote_winograd_gather_row(row + c, column, layer->x_width, pixel, count, patch, 6);
        mote_winograd_input_row((const int8_t *)patch, 16, (uint32_t)(count + 3) / 4, v, step);
    }
}

/* The three rows of a tile into v. */
static inline void mote_winograd_put_rows(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                          int32_t column, uint32_t *v, uint32_t *patch MOTE_STRIDES_TAKEN)
{
    const uint32_t fours = (layer->x_channels + 3u) / 4;
    const int32_t pixel = MOTE_X_PIXEL(layer->x_channels);
    const int is_whole = column >= 0 && column + 6 <= layer->x_width && !(layer->x_channels & 3);
    for (int32_t i = 0; i < 3; i++, v += 2 * MOTE_TILES * fours)
        if (is_whole && x[i])
            mote_winograd_input_row(x[i] + column * pixel, pixel, fours, v, 6 * MOTE_TILES * fours);
        else
            mote_winograd_put_part(layer, x[i], column, v, patch MOTE_STRIDES_GIVEN);
}

/* The results of the channels that lie inside y: of columns pixels only. */
MOTE_NOT_INLINE static void mote_winograd_store_columns(const uint32_t *sums, mote_winograd_next_channel *next,
                                                        uint32_t count, int32_t columns)
{
    const uint32_t pixel_step = next->pixel_step;
    const uint8_t none = 0;
    for (; count > 0; count--, sums += MOTE_TILES) {
        const uint8_t *gaps = next->gaps;
        int8_t results[4], *y = next->y + *gaps;
        next->y = results;
        next->gaps = &none;
        next->pixel_step = 1;
        mote_winograd_output_row(sums, next, 1);
        for (int32_t j = 0; j < columns; j++)
            y[(uint32_t)j * pixel_step] = results[j];
        next->y = y;
        next->gaps = gaps + 1;
        next->pixel_step = pixel_step;
    }
}

/* All channels of the tiles that columns, at least 1, reach into. */
static inline void mote_winograd_row_channels(const mote_conv_2d_winograd *layer, int8_t *y, int32_t columns,
                                              mote_winograd_job *job MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = 2u * layer->pairs - !layer->gaps[2 * layer->pairs - 1];
    const uint32_t pixel_step = MOTE_Y_PIXEL(layer->y_channels);
    mote_winograd_next_channel next[MOTE_TILES];
    for (uint32_t t = 0; t < MOTE_TILES; t++) {
        next[t].start = layer->start;
        next[t].multiplier = layer->multiplier;
        next[t].shift = layer->shift;
        next[t].gaps = layer->gaps;
        next[t].y = y + 4 * t * pixel_step;
        next[t].zero = 2 * layer->y_zero + 1;
        next[t].pixel_step = pixel_step;
    }
    job->weights = layer->weights;
    for (uint32_t i = 0; i < channels; i += 4, job->weights = job->weights_end) {
        const uint32_t count = channels - i < 4 ? channels - i : 4;
        int32_t left = columns;
        job->weights_end = job->weights + 96 * job->fours;
        mote_winograd_multiply(job);
        for (uint32_t t = 0; t < MOTE_TILES && left > 0; t++, left -= 4)
            if (left >= 4)
                mote_winograd_output_row(job->sums + t, &next[t], count);
            else
                mote_winograd_store_columns(job->sums + t, &next[t], count, left);
    }
}

static inline void mote_conv_2d_winograd_row(const mote_conv_2d_winograd *layer, const int8_t *const *x, int8_t *y,
                                             void *scratch MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = layer->y_channels, y_pixel = MOTE_Y_PIXEL(channels);
    const uint32_t end = (uint32_t)layer->y_height * layer->y_width * y_pixel;
    uint32_t sums[6 * MOTE_WINOGRAD_SUMS], *v = scratch;
    mote_winograd_job job;

    job.fours = 3 * ((layer->x_channels + 3u) / 4);
    job.skip = mote_winograd_skip(job.fours);
    job.sums = sums;
    job.x = v;

    if (layer->constants)
        for (uint32_t i = 0; i < end; i += y_pixel)
            mote_copy(y + i, layer->constants, (int32_t)channels);
    for (int8_t *last = y + end, *to = y; to != last; x++)
        for (int32_t column = 0; column < layer->y_width; column += 4 * MOTE_TILES) {
            const int32_t left = layer->y_width - column, columns = left < 4 * MOTE_TILES ? left : 4 * MOTE_TILES;
            for (int32_t t = 0; 4 * t < columns; t++)
                mote_winograd_put_rows(layer, x, column + 4 * t - layer->pad_left, v + t, sums MOTE_STRIDES_GIVEN);
            mote_winograd_row_channels(layer, to, columns, &job MOTE_STRIDES_GIVEN);
            to += columns * (int32_t)y_pixel;
        }
    if (layer->y_min > -128 || layer->y_max < 127)
        for (uint32_t i = 0; i < end; i += y_pixel)
            for (int8_t *result = y + i, *last = result + channels; result != last; result++)
                *result = mote_clamp_s8(*result, layer->y_min, layer->y_max);
}

#endif
