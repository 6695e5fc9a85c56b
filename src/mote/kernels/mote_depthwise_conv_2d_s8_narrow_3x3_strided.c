/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_depthwise_conv_2d_s8_narrow_3x3 for pixels that lie apart; see mote_depthwise_conv_2d_narrow_3x3.h. */
#define MOTE_STRIDED 1
#include "mote_depthwise_conv_2d_narrow_3x3.h"

#include "mote_kernels_strided.h"

void mote_depthwise_conv_2d_s8_narrow_3x3_strided(const mote_depthwise_narrow_3x3 *layer, const int8_t *const *x,
                                                  int8_t *y, const mote_strides *strides)
{
    mote_depthwise_conv_2d_narrow_3x3(layer, x, y, strides);
}
