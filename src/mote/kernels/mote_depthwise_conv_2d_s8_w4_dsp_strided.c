/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_depthwise_conv_2d_s8_w4_dsp for pixels that lie apart, as mote_strides.h says; see
 * mote_depthwise_conv_2d_dsp.h. */
#define MOTE_STRIDED 1
#define MOTE_W4 1
#include "mote_depthwise_conv_2d_dsp.h"
#include "mote_kernels_strided.h"

void mote_depthwise_conv_2d_s8_w4_dsp_strided(const mote_conv_2d_taps *layer, const int8_t *const *x, int8_t *y,
                                              void *scratch, const mote_strides *strides)
{
    mote_depthwise_conv_2d_dsp(layer, x, y, scratch, strides);
}
