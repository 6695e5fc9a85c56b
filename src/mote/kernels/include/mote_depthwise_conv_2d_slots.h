/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution with 3 x 3, 5 x 5 or 7 x 7 taps whose rows of results are whole blocks, with SMLAL. The kernels
 * mote_depthwise_conv_2d_s8_dsp_slots_*.c are this file with one form each, as mote_depthwise_slots_job.h says.
 *
 * y[oy,ox,c] = clamp(requantize(bias[c] + sum_{ky,kx} (x[iy][ix,c] - x_zero) * weights[c,ky,kx]) + y_zero)
 * with iy = oy * stride_height + ky, ix = ox * stride + kx - taps / 2; x_width = stride * y_width, which is a
 * multiple of MOTE_SLOTS_RESULTS; outside x the value is x_zero, which counts nothing.
 *
 * One channel at a time: what a call reads of it is gathered in scratch as words of two values less x_zero; then
 * mote_depthwise_slots.h computes its results.
 *
 * x: rows, as mote_kernels_convolution.h says; every window has one that is not null.  y: [y_height, y_width,
 * channels], must not overlap a row of x.
 * weights: a mote_slots_channel for each channel that is computed, of which first is the first one; the others
 * become constant.
 * Scratch: lower/depthwise_slots.py counts it.
 * No overflow: as mote_depthwise_slots.h says. */
#ifndef MOTE_DEPTHWISE_CONV_2D_SLOTS_H
#define MOTE_DEPTHWISE_CONV_2D_SLOTS_H

#include "mote_copy.h"
#include "mote_depthwise_slots.h"
#include "mote_depthwise_slots_gather.h"
#include "mote_depthwise_slots_plane.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_strides.h"
#include "mote_window.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__ARM_FP) && MOTE_SLOTS_PAIRS == 2 && MOTE_SLOTS_STRIDE == 1
/* Every channel that is computed of a whole map of 4 x 4 pixels. */
static inline void mote_slots_planes(const mote_depthwise_slot_channels *layer, const mote_slots_source *source, int8_t *y,
                                     uint32_t y_pixel)
{
    mote_slots_plane_job job;
    for (int32_t i = 0; i < 4; i++)
        job.x[i] = source->x[i] + layer->first;
    job.channel = (const mote_slots_channel *)(const void *)layer->weights;
    job.y = y + layer->first;
    job.x_pixel = source->pixel;
    job.y_pixel = (int32_t)y_pixel;
    job.zeros = source->zeros;
    mote_slots_plane(&job);
}
#define MOTE_SLOTS_IS_PLANE(rows, layer)                                                             \
    ((rows).first == MOTE_SLOTS_TAPS / 2 && (rows).last == MOTE_SLOTS_TAPS / 2 + 4 &&                 \
     (layer)->y_height == 4 && (layer)->stride_height == 1)
#else
#define MOTE_SLOTS_IS_PLANE(rows, layer) 0
#define mote_slots_planes(layer, source, y, y_pixel) ((void)0)
#endif

static inline void mote_depthwise_conv_2d_slots(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                int8_t *y, void *scratch MOTE_STRIDES_TAKEN)
{
    const int32_t y_pixel = MOTE_Y_PIXEL(layer->channels);
    const int32_t rows = (layer->y_height - 1) * layer->stride_height + MOTE_SLOTS_TAPS;
    const mote_window inside = mote_rows_inside((const void *const *)x, rows);
    const int32_t blocks = layer->y_width / MOTE_SLOTS_RESULTS;
    const int32_t plane = (layer->y_width + 1) / 2 + 2 * MOTE_SLOTS_BESIDE; /* words */
    mote_slots_block *block = scratch;
    int32_t *const words = (int32_t *)(void *)(block + layer->y_height * blocks);
    const mote_slots_channel *channel = (const mote_slots_channel *)(const void *)layer->weights;
    mote_slots_source source;
    mote_slots_job job;
    int32_t at = layer->first;

    if (layer->is_cut)
        for (int32_t i = 0; i < layer->y_height * layer->y_width; i++)
            mote_fill(y + i * y_pixel, layer->constant, layer->channels);
    source.x = x + inside.first;
    source.x_end = x + inside.last;
    source.zeros = (uint32_t)layer->x_zero + ((uint32_t)layer->x_zero << MOTE_SLOT);
    source.pixel = MOTE_X_PIXEL(layer->channels);
    source.to = words + MOTE_SLOTS_BESIDE;
    source.width = layer->y_width * MOTE_SLOTS_STRIDE * source.pixel;
    source.plane = (uint32_t)plane * 4u;
    for (int32_t i = 0; i < (rows - inside.first) * MOTE_SLOTS_PLANES * plane; i++)
        words[i] = 0;

    job.block = block;
    job.end = block + layer->y_height * blocks;
    job.y_pixel = (uint32_t)y_pixel;
    job.skip = (uint32_t)(plane - MOTE_SLOTS_PAIRS - 2 * MOTE_SLOTS_BESIDE) * 4u;
    job.scratch = words;
    for (int32_t row = 0; row < (int32_t)layer->y_height * layer->stride_height; row += layer->stride_height) {
        const int32_t skipped = row < inside.first ? inside.first - row : 0;
        const int32_t *from = words + (row + skipped - inside.first) * MOTE_SLOTS_PLANES * plane;
        for (int32_t i = 0; i < blocks; i++, block++, from += MOTE_SLOTS_PAIRS) {
            block->skipped = (uint32_t)skipped;
            block->x = mote_slots_place(words, from);
        }
    }
    for (;; channel++) {
        if (MOTE_SLOTS_IS_PLANE(inside, layer)) {
            mote_slots_planes(layer, &source, y, job.y_pixel);
            break;
        }
        source.channel = at;
        mote_slots_gather(&source);
        job.y = y + at;
        job.channel = channel;
        mote_depthwise_slots(&job);
        if (!channel->gap)
            break;
        at += channel->gap;
    }
    if (layer->y_min > -128 || layer->y_max < 127)
        for (int32_t i = 0; i < layer->y_height * layer->y_width; i++, y += y_pixel)
            for (int32_t c = 0; c < layer->channels; c++)
                y[c] = mote_clamp_s8(y[c], layer->y_min, layer->y_max);
}

#endif
