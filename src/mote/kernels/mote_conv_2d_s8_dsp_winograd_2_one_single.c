/* SPDX-License-Identifier: Apache-2.0
 *
 * Winograd convolution 3 x 3 in tiles of 2 x 2 one by one, single rounding; see mote_winograd.h. */
#define MOTE_TILE 2
#define MOTE_TILES 1
#define MOTE_SINGLE 1
#include "mote_winograd.h"

void mote_conv_2d_s8_dsp_winograd_2_one_single(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                               int8_t *y, void *scratch)
{
    mote_conv_2d_winograd_rows(layer, x, y, scratch);
}
