/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution through mote_chain_packed.h, or, with double rounding where no line rounds so (MOTE_DOUBLE),
 * mote_chain.h: little scratch. MOTE_STRIDED as ever.
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[iy][ix,i] * weights[o,ky,kx,i]) + y_zero)
 * with iy = oy * stride_height + ky * dilation_height, ix = ox * stride_width + kx * dilation_width - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x.  groups: 1.  taps = kernel_height * kernel_width * x_channels, up to a multiple of 4 (the weights that
 * fill it up are 0, and scratch is not written there).
 * weights: piece_bytes, then as mote_packed_job or mote_chain_split.h says, for the channels that depend on x, in any order; some may
 * stand there twice.  constants: results of one pixel, of which the channels that do not depend on x remain.
 * Scratch: 4 * taps bytes.
 * No overflow: mote_chain_packed.h.
 * Cost: windows are computed in groups of 3, which run on from row to row of a call. Where one or two are left, the
 * last group computes others again; where a call has only one or two, each costs as much as 3. */
#ifndef MOTE_CONV_2D_CHAIN_PACKED_H
#define MOTE_CONV_2D_CHAIN_PACKED_H

#ifndef MOTE_DOUBLE
#define MOTE_DOUBLE 0
#endif
#if MOTE_DOUBLE
#define MOTE_SPLIT 1
#define MOTE_PACKED 1
#include "mote_chain.h"
#else
#include "mote_chain_packed.h"
#endif
#include "mote_copy.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_strides.h"

/* count bytes of three pixels, at least 1; returns the end of what it wrote. */
static inline uint32_t *mote_packed_taps(uint32_t *to, const int8_t *const *x, int32_t count)
{
    const int32_t fours = count & ~3;
    if (fours)
        to = mote_packed_4(to, x[0], x[1], x[2], fours);
    for (int32_t i = fours; i < count; i++)
        *to++ = ((uint32_t)(uint8_t)x[1][i] | (uint32_t)(uint8_t)x[0][i] << 11 | (uint32_t)(uint8_t)x[2][i] << 21) ^
                MOTE_PACKED_ZERO;
    return to;
}

/* Three windows: the first one from row and column on; step is 1, or 0 for one window three times. Taps are
 * written from the first on, and read before what is written reaches them: a pixel outside the image lies where the
 * last words go. */
MOTE_NOT_INLINE static void mote_packed_put(const mote_conv_2d_chain *layer, const int8_t *const *x, int32_t row,
                                            int32_t column, int32_t step, uint32_t *to MOTE_STRIDES_TAKEN)
{
    const int32_t channels = layer->x_channels, x_pixel = MOTE_X_PIXEL(channels);
    const int32_t taps = layer->kernel_height * layer->kernel_width * channels;
    int8_t *outside = (int8_t *)(to + taps) - channels;
    const int8_t *const *rows[3];
    int32_t columns[3];
    const int8_t *pixels[3];
    int in_a_row = layer->dilation_width == 1 && x_pixel == channels;
    for (int32_t i = 0; i < 3; i++) {
        rows[i] = x + row * layer->stride_height;
        columns[i] = column * layer->stride_width - layer->pad_left;
        in_a_row &= columns[i] >= 0 && columns[i] + layer->kernel_width <= layer->x_width;
        column += step;
        if (column == layer->y_width) {
            column = 0;
            row++;
        }
    }
    if (layer->is_padded)
        mote_fill(outside, layer->x_zero, channels);
    for (int32_t ky = 0; ky < layer->kernel_height; ky++) {
        int are_there = in_a_row;
        for (int32_t i = 0; i < 3 && are_there; i++) {
            pixels[i] = *rows[i];
            are_there = pixels[i] != NULL;
            if (are_there)
                pixels[i] += columns[i] * channels;
        }
        if (are_there)
            to = mote_packed_taps(to, pixels, layer->kernel_width * channels);
        for (int32_t kx = are_there ? layer->kernel_width : 0; kx < layer->kernel_width; kx++) {
            for (int32_t i = 0; i < 3; i++) {
                const int32_t at = columns[i] + kx * layer->dilation_width;
                pixels[i] = *rows[i] && at >= 0 && at < layer->x_width ? *rows[i] + at * x_pixel : outside;
            }
            to = mote_packed_taps(to, pixels, channels);
        }
        for (int32_t i = 0; i < 3; i++)
            rows[i] += layer->dilation_height;
    }
}

static inline void mote_conv_2d_chain_packed_rows(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                                  void *scratch MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = layer->y_channels, y_pixel = MOTE_Y_PIXEL(channels);
    const uint32_t count = (uint32_t)layer->y_height * layer->y_width;
    const uint32_t fours = (layer->kernel_height * layer->kernel_width * (uint32_t)layer->x_channels + 3) / 4;
    const uint32_t at_once = count < 3 ? 1 : 3;
    const int8_t *end = y + count * y_pixel;
    const uint32_t pieces = (16 * fours - 1) / (uint32_t)layer->weights[0] + 1;
#if MOTE_DOUBLE
    mote_chain_job job;
    job.zero = 2 * layer->y_zero + 1;
    job.y_1 = at_once == 1 ? 0 : y_pixel;
    job.y_2 = 2 * job.y_1;
    job.weights_end = layer->weights + 1 + layer->fours * (8 * fours + 12 + 8 * pieces);
#else
    mote_packed_job job;
    job.y_pixel = at_once == 1 ? 0 : y_pixel;
    job.weights_end = layer->weights + 1 + layer->fours * (8 * fours + 10 + 8 * pieces);
#endif

    job.x = scratch;
    job.x_end = job.x + 4 * fours;
    job.piece_bytes = (uint32_t)layer->weights[0];
    job.weights = layer->weights + 1;
    if (layer->constants)
        for (int8_t *pixel = y; pixel != end; pixel += y_pixel)
            mote_copy(pixel, layer->constants, (int32_t)channels);
    for (uint32_t i = 0; i < count; i += at_once) {
        const uint32_t first = i + at_once <= count ? i : count - at_once;
        const uint32_t row = first / layer->y_width;
        job.y = y + first * y_pixel;
        mote_packed_put(layer, x, (int32_t)row, (int32_t)(first - row * layer->y_width), at_once == 3,
                        scratch MOTE_STRIDES_GIVEN);
#if MOTE_DOUBLE
        mote_chain(&job);
#else
        mote_chain_packed(&job);
#endif
    }
    if (layer->y_min > -128 || layer->y_max < 127)
        for (int8_t *pixel = y; pixel != end; pixel += y_pixel)
            for (uint32_t i = 0; i < channels; i++)
                pixel[i] = mote_clamp_s8(pixel[i], layer->y_min, layer->y_max);
}

#endif
