/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 of maps that are 3 pixels wide; see mote_depthwise_conv_2d_rows.h. */
#define MOTE_WIDTH 3
#include "mote_depthwise_conv_2d_rows.h"

void mote_depthwise_conv_2d_s8_dsp_row_3(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y)
{
    mote_depthwise_conv_2d_rows(layer, x, y);
}
