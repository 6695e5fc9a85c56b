/* SPDX-License-Identifier: Apache-2.0
 *
 * Winograd convolution 3 x 3 along rows, two tiles at a time, double rounding; see
 * mote_winograd_row_two.h. */
#include "mote_winograd_row_two.h"

void mote_conv_2d_s8_dsp_winograd_row_two(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                          int8_t *y, void *scratch)
{
    mote_conv_2d_winograd_row_two(layer, x, y, scratch);
}
