/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_conv_2d_s8_dsp_chain_split_affine for pixels that lie apart, as mote_strides.h says; see mote_conv_2d_chain.h. */
#define MOTE_AFFINE 1
#define MOTE_STRIDED 1
#include "mote_conv_2d_chain.h"
#include "mote_kernels_strided.h"

void mote_conv_2d_s8_dsp_chain_split_affine_strided(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                                    void *scratch, const mote_strides *strides)
{
    mote_conv_2d_chain_rows(layer, x, y, scratch, strides);
}
