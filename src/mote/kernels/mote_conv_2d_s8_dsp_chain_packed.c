/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution with SMLAL, windows of three pixels in a word a tap; see mote_conv_2d_chain_packed.h. */
#include "mote_conv_2d_chain_packed.h"

void mote_conv_2d_s8_dsp_chain_packed(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                      void *scratch)
{
    mote_conv_2d_chain_packed_rows(layer, x, y, scratch);
}
