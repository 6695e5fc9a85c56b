/* SPDX-License-Identifier: Apache-2.0
 *
 * Portable depthwise convolution; all of it in mote_depthwise_conv_2d.h. */
#define MOTE_DEPTHWISE_CONV_2D                                                                       \
    void mote_depthwise_conv_2d_s8(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y)
#include "mote_depthwise_conv_2d.h"
