/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 without a wide multiplication; see mote_depthwise_conv_2d_narrow_3x3.h. */
#include "mote_depthwise_conv_2d_narrow_3x3.h"

void mote_depthwise_conv_2d_s8_narrow_3x3(const mote_depthwise_narrow_3x3 *layer, const int8_t *const *x, int8_t *y)
{
    mote_depthwise_conv_2d_narrow_3x3(layer, x, y);
}
