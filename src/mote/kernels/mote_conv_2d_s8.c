/* SPDX-License-Identifier: Apache-2.0
 *
 * Portable convolution; all of it in mote_conv_2d.h.
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.  Scratch: none.
 * No overflow: |acc| <= 128 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time. */
#include "mote_conv_2d.h"
