/* SPDX-License-Identifier: Apache-2.0
 *
 * The pixels of a tile of three rows, transformed along them, wherever the tile lies. */
#ifndef MOTE_WINOGRAD_PUT_ROW_H
#define MOTE_WINOGRAD_PUT_ROW_H

#include "mote_copy.h"
#include "mote_kernels.h"
#include "mote_strides.h"
#include "mote_winograd_gather.h"
#include "mote_winograd_input_row.h"

/* Six pixels of some rows, of which pixels or rows (NULL) are missing, 16 channels at a time. Bytes behind the
 * channels of a pixel meet weights of 0. */
MOTE_NOT_INLINE static void mote_winograd_put_part(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                   uint32_t rows, int32_t column, uint32_t *v MOTE_STRIDES_TAKEN)
{
    const int32_t channels = layer->x_channels, pixel = MOTE_X_PIXEL(channels);
    const uint32_t fours = (layer->x_channels + 3u) / 4;
    uint32_t patch[24];
    const int8_t *const from = (const int8_t *)patch;
    int is_filled = 0; /* missing pixels are, and stay so */
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t *to = v + 2 * MOTE_TILES * fours * i;
        if (!x[i] || !is_filled)
            mote_fill((int8_t *)patch, layer->x_zero, 96);
        is_filled = 1;
        for (int32_t c = 0; c < channels; c += 16, to += 8 * MOTE_TILES) {
            const int32_t count = channels - c < 16 ? channels - c : 16;
            if (x[i])
                mote_winograd_gather_row(x[i] + c, column, layer->x_width, pixel, count, patch, 6);
            mote_winograd_input_rows(&from, 16, (uint32_t)(count + 3) / 4, to, 6 * MOTE_TILES * fours, 0, 1);
        }
    }
}

/* The three rows of a tile into v. */
static inline void mote_winograd_put_rows(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                          int32_t column, uint32_t *v MOTE_STRIDES_TAKEN)
{
    const uint32_t fours = (layer->x_channels + 3u) / 4;
    const int32_t pixel = MOTE_X_PIXEL(layer->x_channels);
    const int is_whole = column >= 0 && column + 6 <= layer->x_width && !(layer->x_channels & 3);
    const uint32_t rows = !is_whole || (x[0] && x[2]) ? 3 : 1;
    for (const int8_t *const *end = x + 3; x != end; x += rows, v += 2 * MOTE_TILES * fours)
        if (is_whole && *x)
            mote_winograd_input_rows(x, pixel, fours, v, 6 * MOTE_TILES * fours, column * pixel, rows);
        else
            mote_winograd_put_part(layer, x, rows, column, v MOTE_STRIDES_GIVEN);
}

#endif
