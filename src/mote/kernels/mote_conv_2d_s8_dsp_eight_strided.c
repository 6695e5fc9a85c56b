/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_conv_2d_s8_dsp_eight for pixels that lie apart, as mote_strides.h says; see mote_conv_2d_eight.h. */
#define MOTE_STRIDED 1
#include "mote_conv_2d_eight.h"
#include "mote_kernels_strided.h"

void mote_conv_2d_s8_dsp_eight_strided(const mote_conv_2d_eight *layer, const int8_t *const *x, int8_t *y,
                                       const mote_strides *strides)
{
    mote_conv_2d_eight_rows(layer, x, y, strides);
}
