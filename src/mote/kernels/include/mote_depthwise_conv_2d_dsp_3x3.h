/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 through mote_depthwise_3x3.h: a band of input rows with its padding is
 * copied to scratch, then each channel of the output rows in it is computed. The kernels
 * mote_depthwise_conv_2d_s8_dsp_3x3*.c are this file with one choice of MOTE_SINGLE each.
 *
 * y[n,oy,ox,c] = clamp(requantize(bias[c] + sum_{ky,kx} x[n,iy,ix,c] * weights[ky,kx,c]) + y_zero)
 *
 * x: [batches, x_height, x_width, channels].  y: [batches, y_height, y_width, channels], must not
 * overlap x.  stride_width 1 or 2, no dilation.
 * weights: 9 bytes a channel, w[0][0] w[0][1] w[1][0] w[1][1] w[0][2] w[2][1] w[1][2] w[2][0] w[2][2].
 * bias: doubled.  shift: right shift - 1, shift_bits a channel.
 * Scratch: ((band - 1) * stride_height + 3) * ((y_width - 1) * stride_width + 3) * channels bytes. */
#ifndef MOTE_DEPTHWISE_CONV_2D_DSP_3X3_H
#define MOTE_DEPTHWISE_CONV_2D_DSP_3X3_H

#include "mote_depthwise_3x3.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

/* columns columns of row iy of one image, from -pad_left on. */
static int8_t *mote_copy_padded_row(const mote_depthwise_3x3 *layer, const int8_t *x, int32_t iy,
                                    int32_t columns, int8_t *to)
{
    const int32_t channels = layer->channels;
    int32_t left = layer->pad_left < columns ? layer->pad_left : columns;
    int32_t inside = columns - left < layer->x_width ? columns - left : layer->x_width;
    if (iy < 0 || iy >= layer->x_height)
        return mote_fill(to, layer->x_zero, columns * channels);
    to = mote_fill(to, layer->x_zero, left * channels);
    to = mote_copy(to, x + iy * layer->x_width * channels, inside * channels);
    return mote_fill(to, layer->x_zero, (columns - left - inside) * channels);
}

/* All channels of the output rows of a job, whose y and x are channel 0's. */
static void mote_depthwise_3x3_band(const mote_depthwise_3x3 *layer, mote_depthwise_3x3_job *job)
{
    const int8_t *w = layer->weights;
    for (int32_t c = 0; c < layer->channels; c++, w += 9) {
        uint32_t w0 = mote_read32(w), w1 = mote_read32(w + 4);
        int right = mote_right_shift(layer->shift, 1, layer->shift_bits, (uint32_t)c);
        job->weights[0] = mote_sadd16(mote_sxtb16(w0), mote_sxtb16(w0));
        job->weights[1] = mote_sadd16(mote_sxtb16_ror8(w0), mote_sxtb16_ror8(w0));
        job->weights[2] = mote_sadd16(mote_sxtb16(w1), mote_sxtb16(w1));
        job->weights[3] = mote_sadd16(mote_sxtb16_ror8(w1), mote_sxtb16_ror8(w1));
        job->weights[4] = (uint32_t)(w[8] * 2);
        job->bias = layer->bias[c];
        job->multiplier = layer->multiplier[c];
        job->offset = (2 * layer->y_zero + 1) * (1 << (right - 1));
        job->right = right;
        if (layer->stride_width == 1)
            mote_depthwise_3x3_stride_1(job);
        else
            mote_depthwise_3x3_stride_2(job);
        job->x++;
        job->y++;
    }
}

static inline void mote_depthwise_conv_2d_dsp_3x3(const mote_depthwise_3x3 *layer, const int8_t *x,
                                                  int8_t *y, void *scratch)
{
    const int32_t stride = layer->stride_width, channels = layer->channels;
    const int32_t columns = (layer->y_width - 1) * stride + 3;
    const int32_t x_row = columns * channels, y_row = layer->y_width * channels;
    mote_depthwise_3x3_job job;

    job.channels = (uint32_t)channels;
    job.width = layer->y_width;
    job.x_row = x_row;
    job.x_skip = (layer->stride_height - 1) * x_row;
    job.y_skip = y_row - layer->stride_height * x_row;
    for (uint32_t n = 0; n < layer->batches; n++) {
        for (int32_t oy = 0; oy < layer->y_height; oy += layer->band) {
            int32_t rows = layer->y_height - oy < layer->band ? layer->y_height - oy : layer->band;
            int32_t iy = oy * layer->stride_height - layer->pad_top;
            int32_t x_rows = (rows - 1) * layer->stride_height + 3;
            int8_t *to = scratch;
            for (int32_t i = 0; i < x_rows; i++)
                to = mote_copy_padded_row(layer, x, iy + i, columns, to);
            job.x = scratch;
            job.y = y;
            job.rows = (uint32_t)rows;
            mote_depthwise_3x3_band(layer, &job);
            if (layer->y_min > -128 || layer->y_max < 127)
                for (int32_t i = 0; i < rows * y_row; i++)
                    y[i] = mote_clamp_s8(y[i], layer->y_min, layer->y_max);
            y += rows * y_row;
        }
        x += layer->x_height * layer->x_width * channels;
    }
}

#endif
