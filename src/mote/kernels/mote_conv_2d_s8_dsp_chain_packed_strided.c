/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_conv_2d_s8_dsp_chain_packed for pixels that lie apart, as mote_strides.h says; see
 * mote_conv_2d_chain_packed.h. */
#define MOTE_STRIDED 1
#include "mote_conv_2d_chain_packed.h"
#include "mote_kernels_strided.h"

void mote_conv_2d_s8_dsp_chain_packed_strided(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                              void *scratch, const mote_strides *strides)
{
    mote_conv_2d_chain_packed_rows(layer, x, y, scratch, strides);
}
