/* SPDX-License-Identifier: Apache-2.0
 *
 * Portable convolution; all of it in mote_conv_2d.h.
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.  Scratch: none.
 * No overflow: |acc| <= 128 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time. */
#define MOTE_NIBBLES 0
#define MOTE_CONV_2D void mote_conv_2d_s8(const mote_conv_2d *layer, const int8_t *x, int8_t *y)
#include "mote_conv_2d.h"
