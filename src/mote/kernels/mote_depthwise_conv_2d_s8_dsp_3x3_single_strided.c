/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_depthwise_conv_2d_s8_dsp_3x3_single for pixels that lie apart, as mote_strides.h says; see
 * mote_depthwise_conv_2d_dsp_3x3.h. */
#define MOTE_SINGLE 1
#define MOTE_STRIDED 1
#include "mote_depthwise_conv_2d_dsp_3x3.h"
#include "mote_kernels_strided.h"

void mote_depthwise_conv_2d_s8_dsp_3x3_single_strided(const mote_depthwise_3x3 *layer, const int8_t *const *x,
                                                      int8_t *y,
                                                      const mote_strides *strides)
{
    mote_depthwise_conv_2d_dsp_3x3(layer, x, y, strides);
}
