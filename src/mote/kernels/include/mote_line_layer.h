/* SPDX-License-Identifier: Apache-2.0
 *
 * What the convolutions through mote_chain_affine.h have in common. */
#ifndef MOTE_LINE_LAYER_H
#define MOTE_LINE_LAYER_H

#include "mote_chain_affine.h"
#include "mote_copy.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_strides.h"

/* Copies some columns of rows, from a column that may be outside on, behind offsets of the copies. */
MOTE_SHARED void MOTE_SHARED_NAME(mote_line_copy)(const mote_conv_2d_line *layer, const int8_t *const *x, int32_t rows,
                                                  int32_t column, int32_t columns, void *to MOTE_STRIDES_TAKEN)
{
    const int32_t channels = layer->x_channels, pixel = MOTE_X_PIXEL(channels);
    const int32_t left = column < 0 ? -column : 0;
    const int32_t right = column + columns < layer->x_width ? columns : layer->x_width - column;
    uint32_t *offsets = to;
    int8_t *copy = (int8_t *)(offsets + rows);
    for (; rows > 0; rows--, x++) {
        *offsets++ = (uint32_t)(copy - (int8_t *)to);
        int32_t filled = columns, after = 0;
        if (*x && left < right) {
            filled = left, after = columns - right;
            if (pixel == channels)
                mote_copy(copy + left * channels, *x + (column + left) * pixel, (right - left) * channels);
            else
                for (int32_t i = left; i < right; i++)
                    mote_copy(copy + i * channels, *x + (column + i) * pixel, channels);
        }
        mote_fill(copy, layer->x_zero, filled * channels);
        copy += columns * channels;
        mote_fill(copy - after * channels, layer->x_zero, after * channels);
    }
}

/* What all windows have in common; y is filled with what the layer computes not. */
static inline void mote_line_start(const mote_conv_2d_line *layer, int8_t *y, uint32_t y_pixel, uint32_t taps,
                                   void *scratch, mote_line_job *job)
{
    job->x = scratch;
    job->x_end = job->x + 2 * taps;
    job->enter = (0u - taps) % 16 * 32;
    job->y_pixel = y_pixel;
    job->weights = layer->weights;
    job->weights_end = layer->weights + layer->fours * (2 * taps + 14);
    job->row_taps = layer->kernel_width * (uint32_t)layer->x_channels;
    if (layer->constants)
        for (uint32_t i = (uint32_t)layer->y_height * layer->y_width; i > 0; i--, y += y_pixel)
            mote_copy(y, layer->constants, layer->y_channels);
}

/* All results. */
static inline void mote_line_clamp(const mote_conv_2d_line *layer, int8_t *y, uint32_t y_pixel)
{
    if (layer->y_min > -128 || layer->y_max < 127)
        for (uint32_t i = (uint32_t)layer->y_height * layer->y_width; i > 0; i--, y += y_pixel)
            for (uint32_t c = 0; c < layer->y_channels; c++)
                y[c] = mote_clamp_s8(y[c], layer->y_min, layer->y_max);
}

#endif
