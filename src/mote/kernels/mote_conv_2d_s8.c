/* SPDX-License-Identifier: Apache-2.0
 *
 * Portable convolution; all of it in mote_conv_2d.h.
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x.  Scratch: none.
 * No overflow: |acc| <= 128 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time. */
#define MOTE_NIBBLES 0
#define MOTE_CONV_2D                                                                                 \
    void mote_conv_2d_s8(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y)
#include "mote_conv_2d.h"
