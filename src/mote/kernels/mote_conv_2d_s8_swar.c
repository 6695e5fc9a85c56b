/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution of two pixels with one multiplication; see mote_conv_2d_swar.h. */
#include "mote_conv_2d_swar.h"

void mote_conv_2d_s8_swar(const mote_conv_2d_swar *layer, const int8_t *const *x, int8_t *y, void *scratch)
{
    mote_conv_2d_by_swar(layer, x, y, scratch);
}
