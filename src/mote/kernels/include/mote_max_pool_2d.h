/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,c] = clamp(max) over the part of the window that lies inside the image.
 *
 * x: rows of [x_width, channels] int8, as mote_pool_rows says.
 * y: [y_height, y_width, channels] int8, must not overlap x.
 * The kernels mote_max_pool_2d_s8*.c are this file with one choice of MOTE_STRIDED each.
 * Scratch: none. Cost: one comparison per cell of a window, with MVE one for sixteen channels. */
#ifndef MOTE_MAX_POOL_2D_H
#define MOTE_MAX_POOL_2D_H

#include "mote_kernels.h"
#include "mote_pool.h"

#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE
#include <arm_mve.h>
#endif

/* The largest cell of a window, for every channel. */
static inline void maximum(const mote_pool_rows *layer, const int8_t *const *x, mote_window rows, uint32_t column,
                           uint32_t columns, int8_t *y MOTE_STRIDES_TAKEN)
{
    const uint32_t channels = layer->channels;
    const int32_t low = layer->y_min, high = layer->y_max;
#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE
    for (uint32_t c = 0; c < channels; c += 16) {
        const mve_pred16_t there = vctp8q(channels - c);
        int8x16_t largest = vdupq_n_s8((int8_t)low);
        for (int32_t i = rows.first; i < rows.last; i++) {
            const int8_t *cell = x[i] + column * MOTE_X_PIXEL(channels) + c;
            for (uint32_t j = columns; j > 0; j--) {
                largest = vmaxq_s8(largest, vldrbq_z_s8(cell, there));
                cell += MOTE_X_PIXEL(channels);
            }
        }
        vstrbq_p_s8(y + c, vminq_s8(largest, vdupq_n_s8((int8_t)high)), there);
    }
#else
    for (uint32_t c = 0; c < channels; c++) {
        int32_t largest = low;
        for (int32_t i = rows.first; i < rows.last; i++) {
            const int8_t *cell = x[i] + column * MOTE_X_PIXEL(channels) + c;
            for (uint32_t j = columns; j > 0; j--) {
                largest = *cell > largest ? *cell : largest;
                cell += MOTE_X_PIXEL(channels);
            }
        }
        y[c] = (int8_t)(largest > high ? high : largest);
    }
#endif
}

#endif
