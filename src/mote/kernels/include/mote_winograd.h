/* SPDX-License-Identifier: Apache-2.0
 *
 * Winograd convolution 3 x 3 at stride 1, exact: MOTE_TILES tiles of the result at a time, 2 or 1, are transformed
 * into scratch, multiplied with all channels position by position (mote_winograd_multiply.h, or _one.h), and
 * transformed back. The kernels mote_conv_2d_s8_dsp_winograd_*.c are this file with one choice of MOTE_TILE,
 * MOTE_TILES and MOTE_SINGLE each.
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[oy + ky][ix + kx,i] * w[o,ky,kx,i]) + y_zero)
 * with ix = ox - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x. Tiles are MOTE_TILE rows high and columns wide; what of the last ones lies outside y is computed and not
 * stored.
 * fours = x_channels / 4, rounded up; positions = (MOTE_TILE + 2)^2.
 * weights: [pairs / 2, rounded up][positions][2 * fours][4 channels][2] transformed ones, 4-byte aligned; of each
 * four input channels the first word holds 0 and 2, the second one 1 and 3 (0 where there is none).
 * start, bias, multiplier, shift: [pairs][2], as mote_winograd_channel says; the right shift less one.
 * gaps: [pairs][2] steps from one channel's place in y to the next, first from 0; the last one has step 0 where it
 * is no channel.
 * constants: results of one pixel, of which the channels that do not depend on x remain.
 * Scratch: 8 * positions * fours bytes for each of the tiles, then 16 * positions for each.
 * No overflow: see mote_winograd_2.h and mote_winograd_4.h; twice a sum with its bias is below 2^31.
 * Cost: tiles run on from row to row of tiles of a call; one that is left of two costs nearly as much. */
#ifndef MOTE_WINOGRAD_H
#define MOTE_WINOGRAD_H

#include "mote_copy.h"
#include "mote_winograd_job.h"
#include "mote_winograd_tile.h"
#if MOTE_TILES == 2
#include "mote_winograd_multiply.h"
#else
#include "mote_winograd_multiply_one.h"
#endif

/* How many of the tiles, counted from the first one, lie inside y as a whole. */
static inline uint32_t mote_winograd_whole(const mote_winograd_tile *tiles, uint32_t count)
{
    uint32_t whole = 0;
    while (whole < count && tiles[whole].rows >= MOTE_TILE && tiles[whole].columns >= MOTE_TILE)
        whole++;
    return whole;
}

/* What lies inside y of the results of a tile in one channel. */
MOTE_NOT_INLINE static void mote_winograd_store_part(const mote_winograd_tile *tile, uint32_t *sums,
                                                     const mote_winograd_channel *channel)
{
    int8_t results[MOTE_TILE * MOTE_TILE], *const to = results;
    int8_t *const y = tile->y + channel->place;
    mote_winograd_channel apart = *channel;
    apart.place = 0;
    apart.row_step = MOTE_TILE;
    apart.pixel_step = 1;
    mote_winograd_output(sums, &apart, &to, 1);
    for (int32_t i = 0; i < MOTE_TILE && i < tile->rows; i++)
        for (int32_t j = 0; j < MOTE_TILE && j < tile->columns; j++)
            y[(uint32_t)i * channel->row_step + (uint32_t)j * channel->pixel_step] = results[i * MOTE_TILE + j];
}

/* All channels of some tiles. */
static inline void mote_winograd_channels(const mote_conv_2d_winograd *layer, const mote_winograd_tile *tiles,
                                          uint32_t count, mote_winograd_job *job MOTE_STRIDES_TAKEN)
{
    const int32_t zero = 2 * layer->y_zero + 1;
    const uint32_t whole = mote_winograd_whole(tiles, count);
    const uint32_t channels = 2u * layer->pairs - !layer->gaps[2 * layer->pairs - 1];
    mote_winograd_channel channel;
    int8_t *y[MOTE_TILES];
    for (uint32_t t = 0; t < count; t++)
        y[t] = tiles[t].y;
    channel.pixel_step = MOTE_Y_PIXEL(layer->y_channels);
    channel.row_step = layer->y_width * channel.pixel_step;
    channel.place = 0;
    job->weights_end = layer->weights;
    for (uint32_t i = 0; i < channels; i++) {
        uint32_t *sums = job->sums + i % 4 * MOTE_TILES;
        if (i % 4 == 0) {
            job->weights = job->weights_end;
            job->weights_end += MOTE_WINOGRAD_POSITIONS * 16 * job->fours;
            mote_winograd_multiply(job);
        }
        channel.start = (uint32_t)layer->start[i];
        channel.bias = MOTE_TILE == 4 ? layer->bias[i] : 0;
        channel.multiplier = layer->multiplier[i];
        channel.right = layer->shift[i] + 1;
        channel.offset = zero * (1 << layer->shift[i]);
        channel.place += layer->gaps[i];
        if (whole)
            mote_winograd_output(sums, &channel, y, whole);
        for (uint32_t t = whole; t < count; t++)
            mote_winograd_store_part(tiles + t, sums + t, &channel);
    }
}

static inline void mote_conv_2d_winograd_rows(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                              int8_t *y, void *scratch MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = layer->y_channels, y_pixel = MOTE_Y_PIXEL(channels);
    const uint32_t end = (uint32_t)layer->y_height * layer->y_width * y_pixel;
    mote_winograd_tile tiles[MOTE_TILES], next;
    mote_winograd_job job;

    job.fours = (layer->x_channels + 3u) / 4;
    job.skip = mote_winograd_skip(job.fours);
    job.x = scratch;
    job.sums = (uint32_t *)scratch + 2 * MOTE_TILES * MOTE_WINOGRAD_POSITIONS * job.fours;
    next.x = x;
    next.y = y;
    next.rows = layer->y_height;
    next.columns = layer->y_width;
    next.column = -layer->pad_left;

    if (layer->constants)
        for (uint32_t i = 0; i < end; i += y_pixel)
            mote_copy(y + i, layer->constants, (int32_t)channels);
    while (next.rows > 0) {
        uint32_t count = 0;
        for (; count < MOTE_TILES && next.rows > 0; count++) {
            tiles[count] = next;
            mote_winograd_put(layer, &next, job.fours, (uint32_t *)scratch + count, job.sums MOTE_STRIDES_GIVEN);
            mote_winograd_next(layer, &next MOTE_STRIDES_GIVEN);
        }
        mote_winograd_channels(layer, tiles, count, &job MOTE_STRIDES_GIVEN);
    }
    if (layer->y_min > -128 || layer->y_max < 127)
        for (uint32_t i = 0; i < end; i += y_pixel)
            for (int8_t *result = y + i, *last = result + channels; result != last; result++)
                *result = mote_clamp_s8(*result, layer->y_min, layer->y_max);
}

#endif
