/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk of the pooling kernels over the windows of one call: function(layer, x, rows, column, columns, y)
 * computes all channels of one pixel at y, from rows x[rows.first] to x[rows.last - 1] and columns cells of
 * each from column on. That is the part inside the image; padding is smaller than a window, so there is at
 * least one cell. Strided kernels give their strides besides. */
#ifndef MOTE_POOL_H
#define MOTE_POOL_H

#include "mote_strides.h"
#include "mote_window.h"

#define MOTE_POOL(function, layer, x, y)                                                             \
    const int32_t width = (layer)->x_width;                                                          \
    for (int32_t i = 0; i < (layer)->y_height; i++, (x) += (layer)->stride_height) {                 \
        const mote_window rows = mote_rows_inside((const void *const *)(x), (layer)->kernel_height); \
        for (int32_t j = 0; j < (layer)->y_width; j++, (y) += MOTE_Y_PIXEL((layer)->channels)) {                   \
            int32_t left = j * (layer)->stride_width - (layer)->pad_left;                            \
            int32_t right = left + (layer)->kernel_width;                                            \
            left = left < 0 ? 0 : left;                                                              \
            right = right > width ? width : right;                                                   \
            function(layer, x, rows, (uint32_t)left, (uint32_t)(right - left), y MOTE_STRIDES_GIVEN); \
        }                                                                                            \
    }

#endif
