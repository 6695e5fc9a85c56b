/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk of the float32 convolutions: put_pixel(layer, x, rows, ix, y) computes all channels of one pixel at
 * y. Tap (ky, kx) reads row x[ky * dilation_height], which lies inside the image for the taps in rows, and
 * column ix + kx * dilation_width, perhaps outside. */
#ifndef MOTE_PIXELS_F32_H
#define MOTE_PIXELS_F32_H

#include "mote_dot_f32.h"
#include "mote_kernels_f32.h"
#include "mote_window.h"

#define MOTE_PIXELS_F32(put_pixel, layer, x, y)                                                      \
    for (int32_t oy = 0; oy < (layer)->y_height; oy++, (x) += (layer)->stride_height) {              \
        const mote_window rows = mote_taps_inside((const void *const *)(x), (layer)->kernel_height,  \
                                                  (layer)->dilation_height);                         \
        for (int32_t ox = 0; ox < (layer)->y_width; ox++, (y) += (layer)->y_channels)                \
            put_pixel(layer, x, rows, ox * (layer)->stride_width - (layer)->pad_left, y);            \
    }

#endif
