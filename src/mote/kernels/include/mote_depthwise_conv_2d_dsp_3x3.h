/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 through mote_depthwise_3x3.h. The kernels
 * mote_depthwise_conv_2d_s8_dsp_3x3*.c are this file with one choice of MOTE_SINGLE each.
 *
 * y[n,oy,ox,c] = clamp(requantize(bias[c] + sum_{ky,kx} x[n,iy,ix,c] * weights[c,ky,kx]) + y_zero)
 *
 * Output rows whose windows leave the image at the top or bottom read rows that exist, with the weights
 * moved to those rows and zeros elsewhere; what the missing rows (x_zero) contribute joins the bias.
 *
 * x: [batches, x_height, x_width, channels].  y: [batches, y_height, y_width, channels], must not
 * overlap x.  stride_width 1 or 2; windows leave the image by at most one column on each side;
 * x_height 2 needs an even x_width * channels.
 * weights: [computed, 3, 3].  bias: doubled.  shift: right shift - 1, shift_bits a channel.
 * gaps: steps from one computed channel to the next, the first from 0; the other channels become
 * constant.
 * Scratch: none.
 * No overflow: |2 * acc| <= 256 * sum|weights[c]| + |2 * bias[c]| < 2^31, checked at compile time. */
#ifndef MOTE_DEPTHWISE_CONV_2D_DSP_3X3_H
#define MOTE_DEPTHWISE_CONV_2D_DSP_3X3_H

#include "mote_depthwise_3x3.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

/* Weights of one channel as they meet the three rows that are read. */
typedef struct {
    const int8_t *row[3];   /* three weights, or zeros */
    uint32_t step[3];       /* 9, or 0 for zeros */
    const int8_t *cut[3];   /* kernel rows outside of the image */
    uint32_t cuts;
} mote_placed_weights;

/* The kernel's upper row is image row iy; the rows read are rows[0..2], -1 for none. */
static mote_placed_weights mote_place_weights(const int8_t *weights, int32_t iy, const int32_t *rows)
{
    static const int8_t zeros[3] = {0, 0, 0};
    mote_placed_weights placed = {{zeros, zeros, zeros}, {0, 0, 0}, {zeros, zeros, zeros}, 0};
    for (int32_t ky = 0; ky < 3; ky++) {
        int32_t k = 0;
        while (k < 3 && (rows[k] < 0 || rows[k] != iy + ky))
            k++;
        if (k < 3) {
            placed.row[k] = weights + 3 * ky;
            placed.step[k] = 9;
        } else {
            placed.cut[placed.cuts++] = weights + 3 * ky;
        }
    }
    return placed;
}

/* Sets the job's channel-dependent fields, and moves placed to the next channel. */
static inline void mote_set_channel(mote_depthwise_3x3_job *job, const mote_depthwise_3x3 *layer,
                                    mote_placed_weights *placed, uint32_t c)
{
    const int8_t *w0 = placed->row[0], *w1 = placed->row[1], *w2 = placed->row[2];
    int right = mote_right_shift(layer->shift, 1, layer->shift_bits, c);

    job->weights[0] = mote_twice16(mote_pkhbt((uint32_t)w0[0], (uint32_t)w1[0]));
    job->weights[1] = mote_twice16(mote_pkhbt((uint32_t)w0[1], (uint32_t)w1[1]));
    job->weights[2] = mote_twice16(mote_pkhbt((uint32_t)w0[2], (uint32_t)w1[2]));
    job->weights[3] = mote_twice16(mote_pkhbt((uint32_t)w2[1], (uint32_t)w2[0]));
    job->weights[4] = (uint32_t)(w2[2] * 2);
    placed->row[0] = w0 + placed->step[0];
    placed->row[1] = w1 + placed->step[1];
    placed->row[2] = w2 + placed->step[2];
    job->bias = layer->bias[c];
    for (uint32_t i = 0; i < placed->cuts; i++) {
        const int8_t *w = placed->cut[i];
        job->bias += 2 * layer->x_zero * (w[0] + w[1] + w[2]);
        placed->cut[i] = w + 9;
    }
    job->multiplier = layer->multiplier[c];
    job->offset = (2 * layer->y_zero + 1) * (1 << (right - 1));
    job->right = right;
}

/* The output rows from oy on that read their windows alike; returns how many. x and y: one image. */
static int32_t mote_depthwise_3x3_run(const mote_depthwise_3x3 *layer, mote_depthwise_3x3_job *job,
                                      const int8_t *x, int8_t *y, int32_t oy)
{
    const int32_t height = layer->x_height, stride = layer->stride_height;
    const int32_t x_row = layer->x_width * layer->channels;
    const int32_t iy = oy * stride - layer->pad_top;
    const int32_t last = height > 3 ? height - 3 : 0;
    const int32_t first = iy < 0 ? 0 : iy > last ? last : iy;
    int32_t rows[3] = {first, first + 1, first + 2}, count = 1;
    mote_placed_weights placed;

    job->x_row = x_row;
    if (height == 2) { /* the middle row is any byte inside */
        job->x_row = x_row / 2;
        rows[1] = -1;
        rows[2] = 1;
    } else if (height == 1) {
        job->x_row = 0;
        rows[1] = rows[2] = -1;
    } else if (iy == first) {
        count = (last - iy) / stride + 1;
        if (count > layer->y_height - oy)
            count = layer->y_height - oy;
    }
    placed = mote_place_weights(layer->weights, iy, rows);
    job->rows = (uint32_t)count;
    job->x = x + first * x_row;
    job->y = y + oy * job->y_step;
    for (uint32_t c = 0; c < layer->computed; c++) {
        uint32_t gap = layer->gaps ? layer->gaps[c] : c > 0;
        job->x += gap;
        job->y += gap;
        mote_set_channel(job, layer, &placed, c);
        if (layer->stride_width == 1)
            mote_depthwise_3x3_stride_1(job);
        else
            mote_depthwise_3x3_stride_2(job);
    }
    return count;
}

static inline void mote_depthwise_conv_2d_dsp_3x3(const mote_depthwise_3x3 *layer, const int8_t *x,
                                                  int8_t *y)
{
    const int32_t channels = layer->channels;
    const int32_t columns = (layer->y_width - 1) * layer->stride_width + 3;
    const int32_t y_size = layer->y_height * layer->y_width * channels;
    mote_depthwise_3x3_job job;

    job.zeros = (uint16_t)layer->x_zero * 0x10001u;
    job.left_pad = layer->pad_left;
    job.right_pad = columns - layer->pad_left > layer->x_width;
    job.channels = layer->channels;
    job.width = layer->y_width - job.right_pad;
    job.x_step = layer->stride_height * layer->x_width * channels;
    job.y_step = layer->y_width * channels;
    for (uint32_t n = 0; n < layer->batches; n++) {
        if (layer->gaps)
            mote_fill(y, layer->constant, y_size);
        for (int32_t oy = 0; oy < layer->y_height;)
            oy += mote_depthwise_3x3_run(layer, &job, x, y, oy);
        if (layer->y_min > -128 || layer->y_max < 127)
            for (int32_t i = 0; i < y_size; i++)
                y[i] = mote_clamp_s8(y[i], layer->y_min, layer->y_max);
        x += layer->x_height * layer->x_width * channels;
        y += y_size;
    }
}

#endif
