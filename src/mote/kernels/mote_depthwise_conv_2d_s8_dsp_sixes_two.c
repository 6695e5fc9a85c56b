/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3, six pixels of a row at a time and two in the end; see
 * mote_depthwise_conv_2d_rows.h. */
#define MOTE_TAIL 2
#include "mote_depthwise_conv_2d_rows.h"

void mote_depthwise_conv_2d_s8_dsp_sixes_two(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y)
{
    mote_depthwise_conv_2d_rows(layer, x, y);
}
