/* SPDX-License-Identifier: Apache-2.0
 *
 * What the assembly of mote_depthwise_3x3.h computes, in C: for machines without the DSP extension, and
 * as its definition. */
#ifndef MOTE_DEPTHWISE_3X3_PORTABLE_H
#define MOTE_DEPTHWISE_3X3_PORTABLE_H

#include "mote_depthwise_3x3_job.h"

/* A column of the window: (row 0, row 1), and row 2 in *low. */
static inline uint32_t mote_column(const mote_depthwise_3x3_job *job, const int8_t *x, uint32_t is_pad,
                                   int32_t *low)
{
    *low = is_pad ? (int16_t)(uint16_t)job->zeros : x[job->x_third];
    return is_pad ? job->zeros : mote_pkhbt((uint32_t)x[0], (uint32_t)x[job->x_row]);
}

/* One channel; weights: as the window meets them, zeros for rows that are cut. */
static inline void mote_depthwise_3x3_rows(const mote_depthwise_3x3_job *job, const int8_t *first, int8_t *y,
                                           const int8_t weights[3][3], int32_t bias, int32_t multiplier,
                                           int right)
{
    const int32_t stride = 1 + (int32_t)(job->kind & 1), step = (int32_t)job->channels;
    const int32_t width = (int32_t)(job->width + job->right_pad), y_pixel = step + MOTE_Y_MORE(job);
    uint32_t words[5];
    for (uint32_t i = 0; i < 3; i++)
        words[i] = mote_twice16(mote_pkhbt((uint32_t)weights[0][i], (uint32_t)weights[1][i]));
    words[3] = mote_twice16(mote_pkhbt((uint32_t)weights[2][1], (uint32_t)weights[2][0]));
    words[4] = (uint32_t)(weights[2][2] * 2);
    for (int32_t row = 0; row < (int32_t)job->rows; row++) {
        const int8_t *x = first + row * job->x_step;
        for (int32_t j = 0; j < width; j++) {
            int32_t low[3], sum = bias;
            for (int32_t i = 0; i < 3; i++) {
                int is_left = j == 0 && i == 0 && job->left_pad;
                int is_right = j == width - 1 && i == 2 && job->right_pad;
                int32_t column = j * stride + i - (int32_t)job->left_pad;
                const int8_t *at = is_left || is_right ? x : x + column * step;
                uint32_t p = mote_column(job, at, is_left || is_right, &low[i]);
                sum = mote_smlad(p, words[i], sum);
            }
            sum = mote_smlad(mote_pkhbt((uint32_t)low[1], (uint32_t)low[0]), words[3], sum);
            sum = mote_smlabb((uint32_t)low[2], words[4], sum);
            y[row * job->y_step + j * y_pixel] =
                (int8_t)mote_finish(sum, multiplier, job->zero * (1 << (right - 1)), right, !MOTE_SINGLE);
        }
    }
}

static inline void mote_depthwise_3x3_channels(const mote_depthwise_3x3_job *job)
{
    const int8_t *x = job->x, *w = job->weights;
    const int32_t twice_zero = 2 * (int16_t)(uint16_t)job->zeros;
    int8_t *y = job->y;
    for (uint32_t c = 0; c < job->count; c++, w += 9) {
        int8_t weights[3][3];
        int32_t bias = job->bias[c];
        const uint32_t log = job->shift_form & 255, byte = 4 * c >> log, bit = 4 * c - (byte << log);
        const int right = 1 + (int)((uint32_t)job->shift[byte] >> bit & job->shift_form >> 8);
        for (uint32_t k = 0; k < 3; k++)
            for (uint32_t i = 0; i < 3; i++) {
                int8_t one = w[job->row[k] + i];
                weights[k][i] = job->cut >> k & 1 ? 0 : one;
                bias += job->cut >> k & 1 ? twice_zero * one : 0;
            }
        mote_depthwise_3x3_rows(job, x, y, (const int8_t(*)[3])weights, bias, job->multiplier[c], right);
        if (c + 1 < job->count) {
            const uint32_t gap = job->gaps ? job->gaps[c] : 1;
            x += gap;
            y += gap;
        }
    }
}

#endif
