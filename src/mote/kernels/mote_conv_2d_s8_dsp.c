/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution with SMLAD, double rounding; see mote_conv_2d_dsp.h. */
#include "mote_conv_2d_dsp.h"

void mote_conv_2d_s8_dsp(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y, void *scratch)
{
    mote_conv_2d_dsp(layer, x, y, scratch);
}
