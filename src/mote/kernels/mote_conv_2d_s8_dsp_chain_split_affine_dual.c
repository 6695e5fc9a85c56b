/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution with SMLAL, taps in pieces, requantised by lines, for cores that issue a load with a multiplication; see
 * mote_conv_2d_chain.h. */
#define MOTE_AFFINE 1
#define MOTE_DUAL 1
#include "mote_conv_2d_chain.h"

void mote_conv_2d_s8_dsp_chain_split_affine_dual(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                                 void *scratch)
{
    mote_conv_2d_chain_rows(layer, x, y, scratch);
}
