/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 row by row, all channels of one output row at a time. The kernels
 * mote_depthwise_conv_2d_s8_dsp_row_*.c (MOTE_WIDTH, through mote_depthwise_row.h), *_threes*.c (MOTE_THREES, through
 * mote_depthwise_threes.h) and *_sixes*.c (through mote_depthwise_sixes.h) are this file with one choice of MOTE_STRIDED
 * each; MOTE_TAIL: so many pixels of a row are over.
 *
 * y[oy,ox,c] = clamp(requantize(bias[c] + sum_{ky,kx} x[iy][ix,c] * weights[c,ky,kx]) + y_zero)
 * with iy = oy * stride_height + ky, ix = ox * stride + kx - left_pad; stride 2 with MOTE_THREES, else 1 and y_width columns of x
 *
 * x: rows, as mote_kernels_convolution.h says; every window has one that is not null.  y: [y_height, y_width,
 * channels], must not overlap a row of x.
 * Window rows outside of the image read any row that exists, with weights 0; what those rows (x_zero) contribute
 * joins the bias.
 * channel: those that are computed, as mote_depthwise_row_job.h says; first: the first one of these; the others
 * become constant.
 * Scratch: none.
 * Requantisation and overflow: as mote_depthwise_row.h says. */
#ifndef MOTE_DEPTHWISE_CONV_2D_ROWS_H
#define MOTE_DEPTHWISE_CONV_2D_ROWS_H

#ifndef MOTE_TAIL
#define MOTE_TAIL 0
#endif
#include "mote_copy.h"
#if defined(MOTE_WIDTH)
#include "mote_depthwise_row.h"
#elif defined(MOTE_THREES)
#include "mote_depthwise_threes.h"
#else
#include "mote_depthwise_sixes.h"
#endif
#include "mote_distance.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_strides.h"

#define MOTE_CUT_AT_ONCE 5 /* channels */

/* Channels in RAM. */
typedef struct {
    mote_depthwise_channel channels[MOTE_CUT_AT_ONCE];
    uint16_t forms[MOTE_CUT_AT_ONCE];
} mote_depthwise_some;

static inline mote_cut_weights mote_find_cut_weights(mote_window inside)
{
    mote_cut_weights cut = {0, 0, 0};
    if (inside.first > 0) {
        cut.upper |= 0x0000ffffu;
        cut.mixed |= 0x0000ff00u;
    }
    if (inside.first > 1 || inside.last < 2) {
        cut.upper |= 0xffff0000u;
        cut.mixed |= 0xff000000u;
    }
    if (inside.last < 3) {
        cut.form |= 0xffu;
        cut.mixed |= 0x00ff00ffu;
    }
    return cut;
}

/* acc + the sum of the bytes that are cut * the lanes of zeros, which are one number */
static inline int32_t mote_cut_sum(const mote_depthwise_channel *channel, uint32_t form, mote_cut_weights cut,
                                   uint32_t zeros, int32_t acc)
{
    const uint32_t upper = channel->upper & cut.upper, mixed = channel->mixed & cut.mixed;
    uint32_t sum = mote_sxtb16(form & cut.form);
    sum = mote_sxtab16(sum, upper);
    sum = mote_sxtab16_ror8(sum, upper);
    sum = mote_sxtab16(sum, mixed);
    sum = mote_sxtab16_ror8(sum, mixed);
    return mote_smlad(sum, zeros, acc);
}

/* The next few channels of from, and their forms, with weights 0 where the job says so; what these contribute joins the bias. Returns
 * the steps to the channel behind them, and in bit 0 whether there is one. */
MOTE_NOT_INLINE static uint32_t mote_depthwise_cut(const mote_depthwise_row_job *job, const mote_depthwise_channel *from,
                                                   const uint16_t *from_forms, mote_depthwise_some *some)
{
    const mote_cut_weights cut = job->cut;
    const uint32_t zeros = job->zeros << 8 & 0xff00ff00u;
    mote_depthwise_channel *to = some->channels, *const end = to + MOTE_CUT_AT_ONCE;
    uint16_t *forms = some->forms;
    uint32_t steps = 0, gap;
    do {
        const mote_depthwise_channel whole = *from++;
        const uint32_t form = *from_forms++;
        gap = form >> 8;
        steps += gap;
        *forms++ = (uint16_t)(form & ~cut.form);
        to->upper = whole.upper & ~cut.upper;
        to->mixed = whole.mixed & ~cut.mixed;
        to->bias = mote_cut_sum(&whole, form, cut, zeros, whole.bias);
        to->multiplier = whole.multiplier;
    } while (++to != end && gap);
    forms[-1] &= 0xffu;
    return steps << 1 | (gap > 0);
}

/* What all rows have in common. x_pixel, y_pixel: from one pixel to the next. */
static inline void mote_depthwise_start(const mote_depthwise_channels *layer, uint32_t x_pixel, uint32_t y_pixel,
                                        mote_depthwise_row_job *job)
{
    job->x_1 = x_pixel;
    job->x_3 = 3 * x_pixel;
    job->x_5 = 5 * x_pixel;
    job->y_1 = y_pixel;
    job->y_3 = 3 * y_pixel;
    job->y_5 = 5 * y_pixel;
    job->last = layer->last * x_pixel + !layer->right_pad; /* without padding, no pixel equals it */
    job->left_pad = layer->left_pad;
    job->right_pad = layer->right_pad;
    job->zeros = (uint16_t)layer->x_zero * 0x10001u;
}

/* A row; returns whether some of its window is above or below the image. */
static inline int mote_depthwise_start_row(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y,
                                           mote_depthwise_row_job *job)
{
    const mote_window inside = mote_rows_inside((const void *const *)x, 3);
    const int8_t *const any = x[inside.first], *const third = inside.last < 3 ? any : x[2];
    job->row_0 = mote_distance(third, inside.first > 0 ? any : x[0]);
    job->row_1 = mote_distance(third, inside.first > 1 || inside.last < 2 ? any : x[1]);
    job->y = mote_distance(third, y);
    job->x = third + layer->first;
    job->channel = (const mote_depthwise_channel *)(const void *)layer->weights;
    job->forms = (const uint16_t *)(const void *)(job->channel + layer->computed);
    if (layer->is_cut)
        for (uint32_t i = layer->y_width; i > 0; i--, y += job->y_1)
            mote_fill(y, layer->constant, layer->channels);
    if (inside.last - inside.first == 3)
        return 0;
    job->cut = mote_find_cut_weights(inside);
    return 1;
}

/* All rows of a call; compute: one of them. */
MOTE_SHARED void MOTE_SHARED_NAME(mote_depthwise_rows)(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                       int8_t *y, void (*compute)(const mote_depthwise_row_job *)
                                                                      MOTE_STRIDES_TAKEN)
{
    const uint32_t y_pixel = MOTE_Y_PIXEL((uint32_t)layer->channels);
    const int is_clamped = layer->y_min > -128 || layer->y_max < 127;
    mote_depthwise_row_job job;
    mote_depthwise_start(layer, MOTE_X_PIXEL((uint32_t)layer->channels), y_pixel, &job);
    for (uint32_t left = layer->y_height; left > 0; left--) {
        if (!mote_depthwise_start_row(layer, x, y, &job)) {
            compute(&job);
        } else {
            mote_depthwise_some some;
            const mote_depthwise_channel *from = job.channel;
            const uint16_t *forms = job.forms;
            uint32_t steps = 1;
            job.channel = some.channels;
            job.forms = some.forms;
            for (; steps & 1; from += MOTE_CUT_AT_ONCE, forms += MOTE_CUT_AT_ONCE, job.x += steps >> 1) {
                steps = mote_depthwise_cut(&job, from, forms, &some);
                compute(&job);
            }
        }
        x += layer->stride_height;
        if (is_clamped)
            for (uint32_t i = 0; i < layer->y_width * y_pixel; i += y_pixel)
                for (uint32_t c = 0; c < layer->channels; c++)
                    y[i + c] = mote_clamp_s8(y[i + c], layer->y_min, layer->y_max);
        y += layer->y_width * y_pixel;
    }
}

static inline void mote_depthwise_conv_2d_rows(const mote_depthwise_channels *layer, const int8_t *const *x,
                                               int8_t *y MOTE_STRIDES_TAKEN)
{
    MOTE_SHARED_NAME(mote_depthwise_rows)(layer, x, y, mote_depthwise_row MOTE_STRIDES_GIVEN);
}

#endif
