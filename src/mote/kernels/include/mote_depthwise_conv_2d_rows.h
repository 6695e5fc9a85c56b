/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 row by row, all channels of one output row at a time. The kernels
 * mote_depthwise_conv_2d_s8_dsp_row_*.c and mote_depthwise_conv_2d_s8_dsp_fours*.c are this file with one choice
 * of MOTE_WIDTH (through mote_depthwise_row.h; without, through mote_depthwise_fours.h) and MOTE_STRIDED each.
 *
 * y[oy,ox,c] = clamp(requantize(bias[c] + sum_{ky,kx} x[iy][ix,c] * weights[c,ky,kx]) + y_zero)
 * with iy = oy * stride_height + ky, ix = ox + kx - 1; x has y_width columns too
 *
 * x: rows, as mote_kernels_convolution.h says; every window has one that is not null.  y: [y_height, y_width,
 * channels], must not overlap a row of x.
 * Window rows outside of the image read any row that exists, with weights 0; what those rows (x_zero) contribute
 * joins the bias.
 * channel: those that are computed, as mote_depthwise_row_job.h says; first: the first one of these; the others
 * become constant.
 * Scratch: none.
 * Requantisation and overflow: as mote_depthwise_row.h says; y_zero is -128 where rounding is double. */
#ifndef MOTE_DEPTHWISE_CONV_2D_ROWS_H
#define MOTE_DEPTHWISE_CONV_2D_ROWS_H

#ifdef MOTE_WIDTH
#include "mote_depthwise_row.h"
#else
#include "mote_depthwise_fours.h"
#endif
#include "mote_distance.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

#define MOTE_CUT_AT_ONCE 4 /* channels */

/* Which bytes of a channel are weights that no window row meets. */
typedef struct {
    uint32_t form, upper, mixed;
} mote_cut_weights;

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
        cut.form |= 0xff000000u;
        cut.mixed |= 0x00ff00ffu;
    }
    return cut;
}

/* acc + the sum of the bytes that are cut * the lanes of zeros, which are one number */
static inline int32_t mote_cut_sum(const mote_depthwise_channel *channel, mote_cut_weights cut, uint32_t zeros,
                                   int32_t acc)
{
    const uint32_t form = channel->form & cut.form, upper = channel->upper & cut.upper;
    const uint32_t mixed = channel->mixed & cut.mixed;
    uint32_t sum = mote_sxtb16_ror8(form);
    sum = mote_sxtab16(sum, upper);
    sum = mote_sxtab16_ror8(sum, upper);
    sum = mote_sxtab16(sum, mixed);
    sum = mote_sxtab16_ror8(sum, mixed);
    return mote_smlad(sum, zeros, acc);
}

/* A row of which some window rows are outside: a few channels at a time. */
MOTE_NOT_INLINE static void mote_depthwise_cut_row(mote_depthwise_row_job *job, mote_window inside)
{
    mote_depthwise_channel some[MOTE_CUT_AT_ONCE];
    const mote_depthwise_channel *channel = job->channel;
    const mote_cut_weights cut = mote_find_cut_weights(inside);
    const uint32_t zeros = job->zeros << 8 & 0xff00ff00u;
    uint32_t gap = 1;
    job->channel = some;
    while (gap) {
        mote_depthwise_channel *to = some;
        uint32_t steps = 0;
        do {
            gap = channel->form >> 8 & 255;
            steps += gap;
            to->form = channel->form & ~cut.form;
            to->upper = channel->upper & ~cut.upper;
            to->mixed = channel->mixed & ~cut.mixed;
            to->bias = mote_cut_sum(channel, cut, zeros, channel->bias);
            to->multiplier = channel->multiplier;
            channel++;
        } while (++to != some + MOTE_CUT_AT_ONCE && gap);
        to[-1].form &= ~0xff00u;
        mote_depthwise_row(job);
        job->x += steps;
    }
}

static inline void mote_depthwise_conv_2d_rows(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                 int8_t *y MOTE_STRIDES_TAKEN)
{
    const int32_t channels = layer->channels, y_pixel = MOTE_Y_PIXEL(channels);
    const int32_t y_row = layer->y_width * y_pixel;
    const int is_clamped = layer->y_min > -128 || layer->y_max < 127;
    mote_depthwise_row_job job;

    job.x_1 = MOTE_X_PIXEL((uint32_t)channels);
    job.x_3 = 3 * job.x_1;
#ifdef MOTE_WIDTH
    job.x_5 = 5 * job.x_1;
#else
    job.x_5 = (layer->y_width - 3u) * job.x_1;
#endif
    job.zeros = (uint16_t)layer->x_zero * 0x10001u;
    job.zero = 2 * layer->y_zero + 1;
    job.half = layer->double_rounding ? 64 : 0;
#if MOTE_STRIDED
    job.y_1 = (uint32_t)y_pixel;
    job.y_3 = 3 * job.y_1;
    job.y_5 = 5 * job.y_1;
#endif
    for (int32_t oy = 0; oy < layer->y_height; oy++, x += layer->stride_height, y += y_row) {
        const mote_window inside = mote_rows_inside((const void *const *)x, 3);
        const int8_t *const any = x[inside.first], *const third = inside.last < 3 ? any : x[2];
        if (layer->is_cut)
            for (int32_t i = 0; i < y_row; i += y_pixel)
                mote_fill(y + i, layer->constant, channels);
        job.row_0 = mote_distance(third, inside.first > 0 ? any : x[0]);
        job.row_1 = mote_distance(third, inside.first > 1 || inside.last < 2 ? any : x[1]);
        job.y = mote_distance(third, y) - (intptr_t)(MOTE_ROW_Y_FROM * job.x_1);
        job.x = third + layer->first;
        job.channel = (const mote_depthwise_channel *)(const void *)layer->weights;
        if (inside.last - inside.first < 3)
            mote_depthwise_cut_row(&job, inside);
        else
            mote_depthwise_row(&job);
        if (is_clamped)
            for (int32_t i = 0; i < y_row; i += y_pixel)
                for (int8_t *result = y + i, *end = result + channels; result != end; result++)
                    *result = mote_clamp_s8(*result, layer->y_min, layer->y_max);
    }
}

#endif
