/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution with MVE, double rounding; see mote_conv_2d_mve.h. */
#include "mote_conv_2d_mve.h"

void mote_conv_2d_s8_mve(const mote_conv_2d_vectors *layer, const int8_t *const *x, int8_t *y, void *scratch)
{
    mote_conv_2d_mve(layer, x, y, scratch);
}
