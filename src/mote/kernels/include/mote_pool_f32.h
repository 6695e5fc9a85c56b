/* SPDX-License-Identifier: Apache-2.0
 *
 * The windows of the float32 pooling kernels: function(layer, x, rows, columns, y) computes one pixel from
 * the rows x columns cells inside the image, the first of which is at x. Padding is smaller than the
 * window, so there is at least one. */
#ifndef MOTE_POOL_F32_H
#define MOTE_POOL_F32_H

#include "mote_dot_f32.h"
#include "mote_kernels_f32.h"

#define MOTE_POOL(function, layer, x, y)                                                             \
    const int32_t height = (layer)->x_height, width = (layer)->x_width;                              \
    const int32_t channels = (layer)->channels;                                                      \
    for (int32_t b = 0; b < (layer)->batches; b++) {                                                 \
        for (int32_t i = 0; i < (layer)->y_height; i++) {                                            \
            int32_t top = i * (layer)->stride_height - (layer)->pad_top;                             \
            int32_t bottom = top + (layer)->kernel_height;                                           \
            top = top < 0 ? 0 : top;                                                                 \
            bottom = bottom > height ? height : bottom;                                              \
            for (int32_t j = 0; j < (layer)->y_width; j++) {                                         \
                int32_t left = j * (layer)->stride_width - (layer)->pad_left;                        \
                int32_t right = left + (layer)->kernel_width;                                        \
                left = left < 0 ? 0 : left;                                                          \
                right = right > width ? width : right;                                               \
                function(layer, (x) + (top * width + left) * channels, (uint32_t)(bottom - top),     \
                         (uint32_t)(right - left), y);                                               \
                (y) += channels;                                                                     \
            }                                                                                        \
        }                                                                                            \
        (x) += height * width * channels;                                                            \
    }

#endif
