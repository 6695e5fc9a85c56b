/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution 1 x 1 of 8 input channels with SMLAD; see mote_conv_2d_eight.h. */
#include "mote_conv_2d_eight.h"

void mote_conv_2d_s8_dsp_eight(const mote_conv_2d_eight *layer, const int8_t *const *x, int8_t *y)
{
    mote_conv_2d_eight_rows(layer, x, y);
}
