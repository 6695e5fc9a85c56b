/* SPDX-License-Identifier: Apache-2.0
 *
 * What the assembly of mote_depthwise_row.h, mote_depthwise_sixes.h and
 * mote_depthwise_threes.h computes, in C: for machines without the DSP extension, and as its definition. */
#ifndef MOTE_DEPTHWISE_ROW_PORTABLE_H
#define MOTE_DEPTHWISE_ROW_PORTABLE_H

#include "mote_depthwise_frame.h"

/* 256 times the weights of the upper or of the lower bytes of halfwords. */
static inline uint32_t mote_upper_bytes(uint32_t word)
{
    return word & 0xff00ff00u;
}

static inline uint32_t mote_lower_bytes(uint32_t word)
{
    return word << 8 & 0xff00ff00u;
}

/* From column first of x on; of width. */
static inline int32_t mote_depthwise_sum(const mote_depthwise_row_job *job, const int8_t *x,
                                         const mote_depthwise_channel *channel, uint32_t form, int32_t first,
                                         int32_t width)
{
    const uint32_t row_2 = mote_lower_bytes(channel->mixed);
    const uint32_t upper[3] = {mote_upper_bytes(channel->upper), mote_lower_bytes(channel->upper),
                               mote_upper_bytes(channel->mixed)};
    const uint32_t lower[3] = {row_2, row_2 >> 16, form << 8 & 0xff00u};
    int32_t sum = channel->bias;
    for (int32_t i = 0; i < 3; i++) {
        const int32_t at = first + i;
        const int is_pad = at < 0 || at == width;
        const int8_t *third = is_pad ? x : x + at * (int32_t)job->x_1;
        const uint32_t pair =
            is_pad ? job->zeros : mote_pkhbt((uint32_t)third[job->row_0], (uint32_t)third[job->row_1]);
        sum = mote_smlad(pair, upper[i], sum);
        sum = mote_smlabb(is_pad ? job->zeros : (uint32_t)third[0], lower[i], sum);
    }
    return sum;
}

/* A row of count pixels. */
static inline void mote_depthwise_row_portable(const mote_depthwise_row_job *job, int32_t count, int32_t stride)
{
    const int32_t first = -(int32_t)job->left_pad;
    const int32_t width = first + (count - 1) * stride + 3 - (int32_t)job->right_pad;
    const int8_t *x = job->x;
    const uint16_t *form = job->forms;
    for (const mote_depthwise_channel *channel = job->channel;; channel++, form++) {
        int8_t *y = (int8_t *)((uintptr_t)x + (uintptr_t)job->y);
        for (int32_t i = 0; i < count; i++) {
            const int32_t sum = mote_depthwise_sum(job, x, channel, *form, first + i * stride, width);
            y[i * (int32_t)job->y_1] = (int8_t)mote_ssat8(mote_smmla(sum, channel->multiplier, 0) >> MOTE_ROW_SHIFT);
        }
        if (*form < 256)
            return;
        x += *form >> 8;
    }
}

#endif
