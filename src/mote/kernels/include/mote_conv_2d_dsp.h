/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution through mote_multiply_4.h: the patches of 4 pixels are widened to int16 in scratch, then
 * multiplied with all channels. The kernels mote_conv_2d_s8*_dsp*.c are this file with one choice of
 * MOTE_WIDE, MOTE_NIBBLES, MOTE_SINGLE and MOTE_STRIDED each.
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[iy][ix,i] * weights[o,ky,kx,i]) + y_zero)
 * with iy = oy * stride_height + ky * dilation_height, ix = ox * stride_width + kx * dilation_width - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x.  groups: 1.  taps = kernel_height * kernel_width * x_channels, up to a multiple of 4 (the weights that
 * fill it up are 0); in each four they stand in the order 0, 2, 1, 3.
 * weights: 4-byte aligned; they, bias, multiplier, shift and gaps are laid out as mote_multiply_job says.
 * constants: results of one pixel, of which the channels that do not depend on x remain.
 * Scratch: 2 * pixels * taps bytes, and taps more when x_channels is no multiple of 4.
 * Cost, with pixels 4: groups of 4 run on from row to row of a call. Of what is left, 3 pixels cost as much as 4,
 * two as little as 7 / 12 of that (mote_multiply_2.h), one 3 / 8 (mote_multiply_1.h). A call costs about 120
 * instructions besides. */
#ifndef MOTE_CONV_2D_DSP_H
#define MOTE_CONV_2D_DSP_H

#include "mote_copy.h"
#include "mote_kernels.h"
#include "mote_multiply_1.h"
#include "mote_multiply_2.h"
#include "mote_multiply_4.h"
#include "mote_requantize.h"
#include "mote_strides.h"
#include "mote_widen.h"

/* The windows of a call, from left to right and down, one after the other. */
typedef struct {
    const mote_conv_2d_pairs *layer;
    int8_t *bytes;          /* room for a patch before it is widened; null: x_channels % 4 == 0, widened at once */
    int32_t taps;           /* of a patch, a multiple of 4 */
    int32_t row_taps;       /* of one kernel row */
    const int8_t *const *x; /* rows of the next window */
    int32_t column;         /* where it starts */
    int32_t end;            /* where one behind the last of the row would start */
    uint32_t places;        /* windows that start at columns [0, places[ are inside */
} mote_windows;

/* A patch inside the image, offset bytes from the start of its rows. */
static inline void mote_put_inside(const mote_windows *windows, int32_t offset, uint32_t *lane,
                                   uint32_t step MOTE_STRIDES_TAKEN)
{
    const int8_t *const *x = windows->x;
    const int32_t dilation = windows->layer->dilation_height, row_taps = windows->row_taps;
    int8_t *to = windows->bytes;
    int32_t rows = windows->layer->kernel_height;
#if MOTE_STRIDED
    const int32_t channels = windows->layer->x_channels;
    if (strides->x[0] != channels) { /* taps side by side are not one piece */
        for (; rows > 0; rows--, x += dilation) {
            const int8_t *tap = *x + offset;
            for (int32_t taps = row_taps; taps > 0; taps -= channels, tap += strides->x[0])
                if (to)
                    to = mote_copy(to, tap, channels);
                else
                    lane = mote_widen(lane, tap, channels, step);
        }
        if (to)
            mote_widen(lane, windows->bytes, windows->taps, step);
        return;
    }
#endif
    if (!to) {
        for (; rows > 0; rows--, x += dilation)
            lane = mote_widen(lane, *x + offset, row_taps, step);
        return;
    }
    for (; rows > 0; rows--, x += dilation)
        to = mote_copy(to, *x + offset, row_taps);
    mote_widen(lane, windows->bytes, windows->taps, step);
}

/* A patch that is perhaps in part outside, or dilated. */
MOTE_NOT_INLINE static void mote_put_outside(const mote_windows *windows, int32_t column, uint32_t *lane,
                                             uint32_t step MOTE_STRIDES_TAKEN)
{
    const mote_conv_2d_pairs *layer = windows->layer;
    const int32_t channels = layer->x_channels;
    const uint32_t zeros = (uint16_t)layer->x_zero * 0x10001u;
    int8_t *to = windows->bytes;

    for (int32_t ky = 0; ky < layer->kernel_height; ky++) {
        const int8_t *row = windows->x[ky * layer->dilation_height];
        for (int32_t kx = 0; kx < layer->kernel_width; kx++) {
            const int32_t ix = column + kx * layer->dilation_width;
            const int is_inside = row && ix >= 0 && ix < layer->x_width;
            const int8_t *x = is_inside ? row + ix * MOTE_X_PIXEL(channels) : NULL;
            if (to && is_inside)
                to = mote_copy(to, x, channels);
            else if (to)
                to = mote_fill(to, layer->x_zero, channels);
            else if (is_inside)
                lane = mote_widen(lane, x, channels, step);
            else
                for (int32_t i = 0; i < channels; i += 2, lane += step)
                    *lane = zeros;
        }
    }
    if (to)
        mote_widen(lane, windows->bytes, windows->taps, step);
}

/* How many places along a row a window has inside; 0 when dilated. */
static inline uint32_t mote_places_inside(int32_t size, int32_t kernel, int32_t dilation)
{
    return dilation > 1 || kernel > size ? 0 : (uint32_t)(size - kernel + 1);
}

/* The first window of a row of the result. */
static void mote_start_row(mote_windows *windows, const int8_t *const *x)
{
    const mote_conv_2d_pairs *layer = windows->layer;
    windows->x = x;
    windows->column = -layer->pad_left;
    windows->places = 0;
    if (x[0] && x[(layer->kernel_height - 1) * layer->dilation_height])
        windows->places = mote_places_inside(layer->x_width, layer->kernel_width, layer->dilation_width);
}

/* The patches of the next count pixels, one beside the other, with room for step pixels. */
MOTE_NOT_INLINE static void mote_put_patches(mote_windows *windows, uint32_t count, uint32_t *lane,
                                             uint32_t step MOTE_STRIDES_TAKEN)
{
    const mote_conv_2d_pairs *layer = windows->layer;
    const int32_t stride = layer->stride_width, channels = layer->x_channels;
    int32_t column = windows->column;
    for (const uint32_t *end = lane + count; lane != end; lane++) {
        if (column == windows->end) {
            mote_start_row(windows, windows->x + layer->stride_height);
            column = windows->column;
        }
        if ((uint32_t)column < windows->places)
            mote_put_inside(windows, column * MOTE_X_PIXEL(channels), lane, step MOTE_STRIDES_GIVEN);
        else
            mote_put_outside(windows, column, lane, step MOTE_STRIDES_GIVEN);
        column += stride;
    }
    windows->column = column;
}

static inline void mote_conv_2d_dsp(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                    void *scratch MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = layer->y_channels, y_pixel = MOTE_Y_PIXEL(channels);
    const int is_clamped = layer->y_min > -128 || layer->y_max < 127;
    uint32_t *lanes = scratch;
    uint32_t count;
    mote_windows windows;
    mote_multiply_job job;

    windows.layer = layer;
    windows.bytes = NULL;
    windows.row_taps = layer->kernel_width * layer->x_channels;
    windows.taps = (layer->kernel_height * windows.row_taps + 3) & ~3;
    windows.end = layer->y_width * layer->stride_width - layer->pad_left;
    mote_start_row(&windows, x);
    if (layer->x_channels & 3) {
        windows.bytes = (int8_t *)(lanes + (uint32_t)windows.taps / 2 * layer->pixels);
        mote_write32(windows.bytes + windows.taps - 4, 0);
    }
    job.x = lanes;
    job.weights = layer->weights;
    job.bias = layer->bias;
    job.multiplier = layer->multiplier;
    job.shift = layer->shift;
    job.pairs = layer->pairs;
    job.zero = 2 * layer->y_zero + 1;
    job.gaps = layer->gaps;

    for (uint32_t left = (uint32_t)layer->y_height * layer->y_width; left > 0; left -= count) {
        const uint32_t step = left > 2 ? layer->pixels : left;
        count = left < step ? left : step;
        mote_put_patches(&windows, count, lanes, step MOTE_STRIDES_GIVEN);
        job.x_end = lanes + (uint32_t)windows.taps / 2 * step;
        job.y = y;
        mote_place_pixels(&job, count, y_pixel);
        if (layer->constants)
            for (uint32_t i = 0; i < count; i++)
                mote_copy(y + i * y_pixel, layer->constants, (int32_t)channels);
        if (step == 4)
            mote_multiply_4(&job);
        else if (step == 2)
            mote_multiply_2(&job);
        else
            mote_multiply_1(&job);
#if MOTE_STRIDED
        if (is_clamped)
            for (uint32_t i = 0; i < count * y_pixel; i += y_pixel)
                for (int8_t *result = y + i, *end = result + channels; result != end; result++)
                    *result = mote_clamp_s8(*result, layer->y_min, layer->y_max);
#else
        if (is_clamped)
            for (uint32_t i = 0; i < count * channels; i++)
                y[i] = mote_clamp_s8(y[i], layer->y_min, layer->y_max);
#endif
        y += count * y_pixel;
    }
}

#endif
