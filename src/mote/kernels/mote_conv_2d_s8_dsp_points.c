/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution 1 x 1 with SMLAD, double rounding; see mote_conv_2d_dsp_points.h. */
#include "mote_conv_2d_dsp_points.h"

void mote_conv_2d_s8_dsp_points(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                void *scratch)
{
    mote_conv_2d_dsp_points(layer, x, y, scratch);
}
