/* SPDX-License-Identifier: Apache-2.0
 *
 * Winograd convolution 3 x 3 along rows, as mote_winograd_row.h says, in little scratch: two tiles at a time, but a
 * third of their six positions after the other. All output channels take what of their sums the next third needs.
 *
 * weights: [3][pairs / 2, rounded up][2][3 rows][2 * fours][4 channels][2] transformed ones of positions 1, 2; 3, 4;
 * 0, 5, in groups of four input channels as there.
 * Scratch: 96 * fours bytes for the transformed pixels of a third, 64 for sums of every 4 output channels, then
 * 4 * fours of a pixel outside x; where x_channels is no multiple of 4, three times as many of its last pixels.
 * x_channels is at least 2, so that words of no pixel but the last one reach beyond the row.
 * Tiles that would reach beyond y begin further left, and compute results anew; rows of less than 4 pixels store
 * what lies outside where a result follows.
 * No overflow: see mote_winograd_row.h. */
#ifndef MOTE_WINOGRAD_THIRDS_H
#define MOTE_WINOGRAD_THIRDS_H

#include "mote_copy.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_strides.h"
#include "mote_winograd_row_job.h"
#include "mote_winograd_thirds_input.h"
#include "mote_winograd_thirds_multiply.h"

/* What a call reads beside the rows, [4 * fours] each. */
typedef struct {
    int8_t *outside;
    int8_t *last; /* of each row, or NULL where words of a pixel do not reach beyond it */
} mote_winograd_thirds_pixels;

/* The pixels of three rows (NULL: outside x) from a column on, below 0 too; to: [3][6]. */
MOTE_NOT_INLINE static void mote_winograd_thirds_tile(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                             const mote_winograd_thirds_pixels *pixels, int32_t column,
                                             const int8_t **to MOTE_STRIDES_TAKEN)
{
    const int32_t step = MOTE_X_PIXEL(layer->x_channels), width = layer->x_width;
    const uint32_t inside = (uint32_t)(pixels->last ? width - 1 : width);
    for (int32_t i = 0; i < 3; i++)
        for (int32_t j = column; j < column + 6; j++)
            if (x[i] && (uint32_t)j < inside)
                *to++ = x[i] + j * step;
            else if (x[i] && j == width - 1)
                *to++ = pixels->last + i * ((layer->x_channels + 3) & ~3);
            else
                *to++ = pixels->outside;
}

/* Some results of a row in all channels, by two tiles: from y on, and second bytes further, as pixels say. */
static inline void mote_winograd_thirds_turn(mote_winograd_row_job *job, const int8_t *const *pixels,
                                                      const int16_t *weights, uint32_t *v)
{
    const uint32_t quads = (uint32_t)(job->channels_end - job->channels + 15) / 16;
    const uint32_t size = quads * 32 * job->groups;
    for (uint32_t third = 0; third < 3; third++) {
        mote_winograd_thirds_input(pixels, v, job->groups / 3, third);
        job->weights = weights + third * size;
        mote_winograd_thirds_multiply(job, third, job->weights + size);
    }
}

static inline void mote_conv_2d_winograd_thirds(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                int8_t *y, void *scratch MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = layer->y_channels, y_pixel = MOTE_Y_PIXEL(channels);
    const uint32_t end = (uint32_t)layer->y_height * layer->y_width * y_pixel;
    const uint32_t fours = (layer->x_channels + 3u) / 4;
    const uint32_t computed = 2u * layer->pairs - (layer->channels[8 * layer->pairs - 3] < 256);
    const int32_t width = layer->y_width;
    const int8_t *tiles[2 * 3 * 6];
    mote_winograd_thirds_pixels pixels;
    mote_winograd_row_job job;

    job.groups = 3 * fours;
    job.skip = mote_winograd_row_skip(job.groups);
    job.x = scratch;
    job.sums = (uint32_t *)scratch + 24 * fours;
    job.channels = layer->channels;
    job.channels_end = layer->channels + 4 * computed;
    for (int32_t i = 1; i < 4; i++)
        job.steps[i - 1] = i < width ? (uint32_t)i * y_pixel : 0;
    pixels.outside = (int8_t *)(job.sums + 16 * ((computed + 3) / 4));
    pixels.last = layer->x_channels & 3 ? pixels.outside + 4 * fours : NULL;
    mote_fill(pixels.outside, layer->x_zero, (int32_t)(4 * fours));
    if (layer->constants)
        for (uint32_t i = 0; i < end; i += y_pixel)
            mote_copy(y + i, layer->constants, (int32_t)channels);
    for (int8_t *last = y + end, *row = y; row != last; x++, row += (uint32_t)width * y_pixel) {
        for (int32_t i = 0; i < 3 && pixels.last; i++)
            if (x[i])
                mote_copy(pixels.last + (uint32_t)i * 4 * fours,
                          x[i] + (layer->x_width - 1) * MOTE_X_PIXEL(layer->x_channels), layer->x_channels);
        for (int32_t column = 0; column < width; column += 8) {
            const int32_t a = mote_winograd_row_begin(column, width), b = mote_winograd_row_begin(a + 4, width);
            job.y = row + (uint32_t)a * y_pixel;
            job.second = (uint32_t)(b - a) * y_pixel;
            mote_winograd_thirds_tile(layer, x, &pixels, a - layer->pad_left, tiles MOTE_STRIDES_GIVEN);
            mote_winograd_thirds_tile(layer, x, &pixels, b - layer->pad_left, tiles + 18 MOTE_STRIDES_GIVEN);
            mote_winograd_thirds_turn(&job, tiles, layer->weights, scratch);
        }
    }
    if (layer->y_min > -128 || layer->y_max < 127)
        for (uint32_t i = 0; i < end; i += y_pixel)
            for (int8_t *result = y + i, *last = result + channels; result != last; result++)
                *result = mote_clamp_s8(*result, layer->y_min, layer->y_max);
}

#endif
