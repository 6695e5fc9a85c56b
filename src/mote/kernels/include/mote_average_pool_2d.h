/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,c] = clamp(sum / count, halves away from zero) over the part of the window that lies inside the
 * image; count is the number of its cells.
 *
 * x: rows of [x_width, channels] int8, as mote_pool_rows says.
 * y: [y_height, y_width, channels] int8, must not overlap x.
 * The kernels mote_average_pool_2d_s8*.c are this file with one choice of MOTE_STRIDED each.
 * Scratch: none. Cost: one addition per cell of a window; one division per window.
 * No overflow: 129 * kernel_height * kernel_width < 2^31, checked for every layer at compile time. */
#ifndef MOTE_AVERAGE_POOL_2D_H
#define MOTE_AVERAGE_POOL_2D_H

#include "mote_average.h"
#include "mote_kernels.h"
#include "mote_pool.h"
#include "mote_requantize.h"

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
