/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk of the float32 convolutions: put_pixel(layer, x, iy, ix, y) computes all channels of one pixel at
 * y, whose tap (0, 0) reads row iy and column ix of image x, perhaps outside. */
#ifndef MOTE_PIXELS_F32_H
#define MOTE_PIXELS_F32_H

#include "mote_dot_f32.h"
#include "mote_kernels_f32.h"
#include "mote_window.h"

#define MOTE_PIXELS_F32(put_pixel, layer, x, y)                                                      \
    const int32_t image = (layer)->x_height * (layer)->x_width * (layer)->x_channels;                \
    for (int32_t n = 0; n < (layer)->batches; n++, (x) += image) {                                   \
        for (int32_t oy = 0; oy < (layer)->y_height; oy++) {                                         \
            const int32_t iy = oy * (layer)->stride_height - (layer)->pad_top;                       \
            for (int32_t ox = 0; ox < (layer)->y_width; ox++, (y) += (layer)->y_channels)            \
                put_pixel(layer, x, iy, ox * (layer)->stride_width - (layer)->pad_left, y);          \
        }                                                                                            \
    }

#endif
