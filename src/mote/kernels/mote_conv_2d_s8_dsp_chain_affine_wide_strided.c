/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_conv_2d_s8_dsp_chain_affine_points_wide for pixels that lie apart, as mote_strides.h says; see
 * mote_conv_2d_chain_affine.h. */
#define MOTE_STRIDED 1
#define MOTE_WIDE 1
#include "mote_conv_2d_chain_affine.h"
#include "mote_kernels_strided.h"

void mote_conv_2d_s8_dsp_chain_affine_wide_strided(const mote_conv_2d_line *layer, const int8_t *const *x,
                                                   int8_t *y, void *scratch, void *state, uint32_t call,
                                                   const mote_strides *strides)
{
    mote_conv_2d_chain_affine_rows(layer, x, y, scratch, state, call, strides);
}
