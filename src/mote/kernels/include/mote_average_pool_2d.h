/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,c] = clamp(sum / count, halves away from zero) over the part of the window that lies inside the
 * image; count is the number of its cells.
 *
 * x: rows of [x_width, channels] int8, as mote_pool_rows says.
 * y: [y_height, y_width, channels] int8, must not overlap x.
 * The kernels mote_average_pool_2d_s8*.c are this file with one choice of MOTE_STRIDED each.
 * Scratch: none. Cost: one addition per cell of a window, with MVE one for four channels; one division per window.
 * No overflow: 129 * kernel_height * kernel_width < 2^31, checked for every layer at compile time. */
#ifndef MOTE_AVERAGE_POOL_2D_H
#define MOTE_AVERAGE_POOL_2D_H

#include "mote_average.h"
#include "mote_kernels.h"
#include "mote_pool.h"
#include "mote_requantize.h"

#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE

#include <arm_mve.h>

/* mote_average of four sums. */
static inline int32x4_t mote_average_4(mote_divisor by, int32x4_t sums)
{
    uint32x4_t n = vaddq_n_u32(vreinterpretq_u32_s32(vabsq_s32(sums)), by.count / 2);
    int32x4_t averages;
    if (by.reciprocal != 0) {
        n = vshrq_n_u32(vmulq_n_u32(n, by.reciprocal), 24);
    } else {
        uint32_t lanes[4];
        vst1q_u32(lanes, n);
        for (uint32_t i = 0; i < 4; i++)
            lanes[i] /= by.count;
        n = vld1q_u32(lanes);
    }
    averages = vreinterpretq_s32_u32(n);
    return vnegq_m_s32(averages, averages, vcmpltq_n_s32(sums, 0));
}

/* The mean of a window, for every channel; four neighbours at once, the last ones predicated. */
static inline void average(const mote_pool_rows *layer, const int8_t *const *x, mote_window rows, uint32_t column,
                           uint32_t columns, int8_t *y MOTE_STRIDES_TAKEN)
{
    const mote_divisor by = mote_divisor_s8((uint32_t)(rows.last - rows.first) * columns);
    const uint32_t channels = layer->channels;
    const int32x4_t low = vdupq_n_s32(layer->y_min), high = vdupq_n_s32(layer->y_max);
    for (uint32_t c = 0; c < channels; c += 4) {
        const mve_pred16_t there = vctp32q(channels - c);
        int32x4_t sums = vdupq_n_s32(0);
        for (int32_t i = rows.first; i < rows.last; i++) {
            const int8_t *cell = x[i] + column * MOTE_X_PIXEL(channels) + c;
            for (uint32_t j = columns; j > 0; j--) {
                sums = vaddq_s32(sums, vldrbq_z_s32(cell, there));
                cell += MOTE_X_PIXEL(channels);
            }
        }
        sums = vminq_s32(vmaxq_s32(mote_average_4(by, sums), low), high);
        vstrbq_p_s32(y + c, sums, there);
    }
}

#else

/* The mean of a window, for every channel; four neighbours at once. */
static inline void average(const mote_pool_rows *layer, const int8_t *const *x, mote_window rows, uint32_t column,
                           uint32_t columns, int8_t *y MOTE_STRIDES_TAKEN)
{
    const mote_divisor by = mote_divisor_s8((uint32_t)(rows.last - rows.first) * columns);
    const uint32_t channels = layer->channels;
    const int32_t low = layer->y_min, high = layer->y_max;
    uint32_t c;
    for (c = 0; c + 4 <= channels; c += 4) {
        int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
        for (int32_t i = rows.first; i < rows.last; i++) {
            const int8_t *cell = x[i] + column * MOTE_X_PIXEL(channels) + c;
            for (uint32_t j = columns; j > 0; j--) {
                sum0 += cell[0];
                sum1 += cell[1];
                sum2 += cell[2];
                sum3 += cell[3];
                cell += MOTE_X_PIXEL(channels);
            }
        }
        y[c] = mote_clamp_s8(mote_average(by, sum0), low, high);
        y[c + 1] = mote_clamp_s8(mote_average(by, sum1), low, high);
        y[c + 2] = mote_clamp_s8(mote_average(by, sum2), low, high);
        y[c + 3] = mote_clamp_s8(mote_average(by, sum3), low, high);
    }
    for (; c < channels; c++) {
        int32_t sum = 0;
        for (int32_t i = rows.first; i < rows.last; i++) {
            const int8_t *cell = x[i] + column * MOTE_X_PIXEL(channels) + c;
            for (uint32_t j = columns; j > 0; j--) {
                sum += *cell;
                cell += MOTE_X_PIXEL(channels);
            }
        }
        y[c] = mote_clamp_s8(mote_average(by, sum), low, high);
    }
}

#endif

#endif
