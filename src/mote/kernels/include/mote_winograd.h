/* SPDX-License-Identifier: Apache-2.0
 *
 * Winograd convolution 3 x 3 at stride 1, exact: 4 tiles of the result at a time are transformed into scratch,
 * multiplied with all channels position by position (mote_winograd_multiply.h), and transformed back. The
 * kernels mote_conv_2d_s8_dsp_winograd_*.c are this file with one choice of MOTE_TILE and MOTE_SINGLE each.
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[oy + ky][ix + kx,i] * w[o,ky,kx,i]) + y_zero)
 * with ix = ox - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x. Tiles are MOTE_TILE rows high and columns wide; what of the last ones lies outside y is computed and not
 * stored.
 * fours = x_channels / 4, rounded up; positions = (MOTE_TILE + 2)^2.
 * weights: [pairs][positions][2 * fours][2 channels][2] transformed ones, 4-byte aligned; of each four input
 * channels the first word holds 0 and 2, the second one 1 and 3 (0 where there is none).
 * start, bias, multiplier, shift: [pairs][2], as mote_winograd_channel says; the right shift less one.
 * gaps: [pairs][2] steps from one channel's place in y to the next, first from 0; a second one without channel
 * has step 0, and the first one's result replaces its own.
 * constants: results of one pixel, of which the channels that do not depend on x remain.
 * Scratch: 32 * positions * fours bytes, then the larger of 32 * positions and 4 * positions * fours.
 * No overflow: see mote_winograd_2.h and mote_winograd_4.h; twice a sum with its bias is below 2^31.
 * Cost: groups of 4 tiles run on from row to row of tiles of a call; fewer that are left cost nearly as much. */
#ifndef MOTE_WINOGRAD_H
#define MOTE_WINOGRAD_H

#include <stddef.h>

#include "mote_distance.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_strides.h"
#include "mote_winograd_multiply.h"

#ifndef MOTE_TILE
#define MOTE_TILE 2
#endif

#if MOTE_TILE == 2
#include "mote_winograd_2.h"
#define MOTE_WINOGRAD_POSITIONS MOTE_WINOGRAD_2_POSITIONS
#define mote_winograd_input mote_winograd_input_2
#define mote_winograd_output mote_winograd_output_2
#else
#include "mote_winograd_4.h"
#define MOTE_WINOGRAD_POSITIONS MOTE_WINOGRAD_4_POSITIONS
#define mote_winograd_input mote_winograd_input_4
#define mote_winograd_output mote_winograd_output_4
#endif
#define MOTE_PATCH (MOTE_TILE + 2)

/* A tile of the result. */
typedef struct {
    const int8_t *const *x; /* rows of the patch */
    int8_t *y;              /* the tile's first pixel */
    int32_t rows, columns;  /* inside the result from there on */
    int32_t column;         /* where the patch starts in x */
} mote_winograd_tile;

/* The rows of a patch, of which left exist, when they and its columns are inside and lie even; else null. */
static inline const int8_t *mote_winograd_inside(const mote_conv_2d_winograd *layer,
                                                 const mote_winograd_tile *tile,
                                                 intptr_t *row_step MOTE_STRIDES_TAKEN)
{
    const int8_t *const *x = tile->x;
    if (tile->rows < MOTE_TILE || tile->column < 0 || tile->column + MOTE_PATCH > layer->x_width ||
        layer->x_channels & 3 || !x[0] || !x[MOTE_PATCH - 1])
        return NULL;
    *row_step = mote_distance(x[0], x[1]);
    for (int i = 2; i < MOTE_PATCH; i++)
        if (mote_distance(x[i - 1], x[i]) != *row_step)
            return NULL;
    return x[0] + tile->column * MOTE_X_PIXEL(layer->x_channels);
}

/* The patch with x_zero outside, [MOTE_PATCH][MOTE_PATCH][channels up to a multiple of 4]; bytes behind the
 * channels of a pixel meet weights of 0. */
MOTE_NOT_INLINE static void mote_winograd_copy(const mote_conv_2d_winograd *layer,
                                               const mote_winograd_tile *tile,
                                               int8_t *patch MOTE_STRIDES_TAKEN)
{
    const int32_t channels = layer->x_channels, pixel = (channels + 3) & ~3;
    for (int32_t i = 0; i < MOTE_PATCH; i++) {
        const int8_t *row = i < tile->rows + 2 ? tile->x[i] : NULL;
        for (int32_t j = 0; j < MOTE_PATCH; j++, patch += pixel) {
            const int32_t column = tile->column + j;
            if (row && column >= 0 && column < layer->x_width)
                mote_copy(patch, row + column * MOTE_X_PIXEL(channels), channels);
            else
                mote_fill(patch, layer->x_zero, pixel);
        }
    }
}

/* Transforms the patch of a tile. v: its word of position 0; patch: room for a copy. */
static inline void mote_winograd_put(const mote_conv_2d_winograd *layer, const mote_winograd_tile *tile,
                                     uint32_t fours, uint32_t *v, int8_t *patch MOTE_STRIDES_TAKEN)
{
    intptr_t row_step;
    const int8_t *x = mote_winograd_inside(layer, tile, &row_step MOTE_STRIDES_GIVEN);
    if (x) {
        mote_winograd_input(x, row_step, MOTE_X_PIXEL(layer->x_channels), fours, v);
        return;
    }
    mote_winograd_copy(layer, tile, patch MOTE_STRIDES_GIVEN);
    mote_winograd_input(patch, (intptr_t)(4 * MOTE_PATCH * fours), (int32_t)(4 * fours), fours, v);
}

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

/* All channels of up to 4 tiles. A second channel that its pair lacks comes before the one that replaces it. */
static inline void mote_winograd_channels(const mote_conv_2d_winograd *layer, const mote_winograd_tile *tiles,
                                          uint32_t count, mote_winograd_job *job MOTE_STRIDES_TAKEN)
{
    const int32_t zero = 2 * layer->y_zero + 1;
    const uint32_t whole = mote_winograd_whole(tiles, count);
    const uint8_t *gaps = layer->gaps;
    uint32_t place = 0;
    mote_winograd_channel channel;
    int8_t *y[4];
    for (uint32_t t = 0; t < count; t++)
        y[t] = tiles[t].y;
    channel.pixel_step = MOTE_Y_PIXEL(layer->y_channels);
    channel.row_step = layer->y_width * channel.pixel_step;
    job->weights = layer->weights;
    for (uint32_t i = 0; i < 2u * layer->pairs; i += 2, gaps += 2) {
        mote_winograd_multiply(job);
        job->weights += MOTE_WINOGRAD_POSITIONS * 8 * job->fours;
        for (uint32_t c = 2; c-- > 0;) {
            channel.start = (uint32_t)layer->start[i + c];
            channel.bias = MOTE_TILE == 4 ? layer->bias[i + c] : 0;
            channel.multiplier = layer->multiplier[i + c];
            channel.right = layer->shift[i + c] + 1;
            channel.offset = zero * (1 << layer->shift[i + c]);
            channel.place = place + gaps[0] + (c ? gaps[1] : 0u);
            if (whole)
                mote_winograd_output(job->sums + c, &channel, y, whole);
            for (uint32_t t = whole; t < count; t++)
                mote_winograd_store_part(tiles + t, job->sums + 2 * t + c, &channel);
        }
        place += (uint32_t)gaps[0] + gaps[1];
    }
}

/* The tile to the right, or the first one below. */
static inline void mote_winograd_next(const mote_conv_2d_winograd *layer,
                                      mote_winograd_tile *tile MOTE_STRIDES_TAKEN)
{
    const int32_t y_pixel = MOTE_Y_PIXEL(layer->y_channels);
    tile->column += MOTE_TILE;
    tile->columns -= MOTE_TILE;
    tile->y += MOTE_TILE * y_pixel;
    if (tile->columns > 0)
        return;
    tile->y += (tile->columns + (MOTE_TILE - 1) * layer->y_width) * y_pixel;
    tile->columns = layer->y_width;
    tile->column = -layer->pad_left;
    tile->x += MOTE_TILE;
    tile->rows -= MOTE_TILE;
}

static inline void mote_conv_2d_winograd_rows(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                              int8_t *y, void *scratch MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = layer->y_channels, y_pixel = MOTE_Y_PIXEL(channels);
    const uint32_t end = (uint32_t)layer->y_height * layer->y_width * y_pixel;
    mote_winograd_tile tiles[4], next;
    mote_winograd_job job;

    job.fours = (layer->x_channels + 3u) / 4;
    job.skip = mote_winograd_skip(job.fours);
    job.x = scratch;
    job.x_end = job.x + 8 * MOTE_WINOGRAD_POSITIONS * job.fours;
    job.sums = (uint32_t *)scratch + 8 * MOTE_WINOGRAD_POSITIONS * job.fours;
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
        for (; count < 4 && next.rows > 0; count++) {
            tiles[count] = next;
            mote_winograd_put(layer, &next, job.fours, (uint32_t *)scratch + count,
                              (int8_t *)job.sums MOTE_STRIDES_GIVEN);
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
