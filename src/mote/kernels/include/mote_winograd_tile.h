/* SPDX-License-Identifier: Apache-2.0
 *
 * Tiles of the result of a Winograd convolution: which algorithm they take, and how their inputs are transformed. */
#ifndef MOTE_WINOGRAD_TILE_H
#define MOTE_WINOGRAD_TILE_H

#include <stddef.h>

#include "mote_copy.h"
#include "mote_distance.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_strides.h"
#include "mote_winograd_gather.h"
#include "mote_winograd_job.h"

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

/* Up to 16 channels of the pixels of a patch that exist. patch: [MOTE_PATCH][MOTE_PATCH][16]. */
static inline void mote_winograd_gather(const mote_conv_2d_winograd *layer, const mote_winograd_tile *tile,
                                        int32_t channel, int32_t count, uint32_t *patch MOTE_STRIDES_TAKEN)
{
    const int32_t pixel = MOTE_X_PIXEL(layer->x_channels);
    for (int32_t i = 0; i < MOTE_PATCH && i < tile->rows + 2; i++, patch += 4 * MOTE_PATCH)
        if (tile->x[i])
            mote_winograd_gather_row(tile->x[i] + channel, tile->column, layer->x_width, pixel, count, patch,
                                     MOTE_PATCH);
}

/* The transform of a patch of which pixels are missing or rows lie apart, 16 channels at a time: bytes behind those
 * of a pixel meet weights of 0. */
MOTE_NOT_INLINE static void mote_winograd_put_apart(const mote_conv_2d_winograd *layer,
                                                    const mote_winograd_tile *tile, uint32_t fours, uint32_t *v,
                                                    uint32_t *patch MOTE_STRIDES_TAKEN)
{
    const uint32_t step = 2 * MOTE_TILES * fours;
    const int32_t channels = layer->x_channels;
    mote_fill((int8_t *)patch, layer->x_zero, 16 * MOTE_PATCH * MOTE_PATCH);
    for (int32_t c = 0; c < channels; c += 16, v += 8 * MOTE_TILES) {
        const int32_t count = channels - c < 16 ? channels - c : 16;
        mote_winograd_gather(layer, tile, c, count, patch MOTE_STRIDES_GIVEN);
        mote_winograd_input((const int8_t *)patch, 16 * MOTE_PATCH, 16, (uint32_t)(count + 3) / 4, v, step);
    }
}

/* Transforms the patch of a tile. v: its word of position 0; patch: room for 16 bytes of each
 * pixel. */
static inline void mote_winograd_put(const mote_conv_2d_winograd *layer, const mote_winograd_tile *tile,
                                     uint32_t fours, uint32_t *v, uint32_t *patch MOTE_STRIDES_TAKEN)
{
    intptr_t row_step;
    const int8_t *x = mote_winograd_inside(layer, tile, &row_step MOTE_STRIDES_GIVEN);
    if (x)
        mote_winograd_input(x, row_step, MOTE_X_PIXEL(layer->x_channels), fours, v, 2 * MOTE_TILES * fours);
    else
        mote_winograd_put_apart(layer, tile, fours, v, patch MOTE_STRIDES_GIVEN);
}

#endif
