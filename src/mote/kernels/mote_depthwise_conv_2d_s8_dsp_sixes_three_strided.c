/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_depthwise_conv_2d_s8_dsp_sixes_three for pixels that lie apart, as mote_strides.h says; see
 * mote_depthwise_conv_2d_rows.h. */
#define MOTE_STRIDED 1
#define MOTE_TAIL 3
#include "mote_depthwise_conv_2d_rows.h"
#include "mote_kernels_strided.h"

void mote_depthwise_conv_2d_s8_dsp_sixes_three_strided(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                       int8_t *y, const mote_strides *strides)
{
    mote_depthwise_conv_2d_rows(layer, x, y, strides);
}
