/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution of any window with 4-bit weights and SMLAD, single rounding; see
 * mote_depthwise_conv_2d_dsp.h. */
#define MOTE_SINGLE 1
#define MOTE_W4 1
#include "mote_depthwise_conv_2d_dsp.h"

void mote_depthwise_conv_2d_s8_w4_dsp_single(const mote_conv_2d_taps *layer, const int8_t *const *x, int8_t *y,
                                             void *scratch)
{
    mote_depthwise_conv_2d_dsp(layer, x, y, scratch);
}
