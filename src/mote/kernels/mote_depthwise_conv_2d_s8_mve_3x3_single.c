/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 with MVE, single rounding; see mote_depthwise_conv_2d_mve_3x3.h. */
#define MOTE_SINGLE 1
#include "mote_depthwise_conv_2d_mve_3x3.h"

void mote_depthwise_conv_2d_s8_mve_3x3_single(const mote_depthwise_vectors *layer, const int8_t *const *x, int8_t *y,
                                       void *scratch)
{
    mote_depthwise_conv_2d_mve_3x3(layer, x, y, scratch);
}
