/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution with SMLAL, requantisation by a line, for cores that issue a load with a multiplication; see
 * mote_conv_2d_chain_affine.h. */
#define MOTE_DUAL 1
#include "mote_conv_2d_chain_affine.h"

void mote_conv_2d_s8_dsp_chain_affine_dual(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                           void *scratch, void *state, uint32_t call)
{
    mote_conv_2d_chain_affine_rows(layer, x, y, scratch, state, call);
}
