/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_depthwise_conv_2d_s8_w4_dsp_3x3 for pixels that lie apart, as mote_strides.h says: unpacks the
 * weights, then calls mote_depthwise_conv_2d_s8_dsp_3x3_strided.
 *
 * x, y: as there.  weights, Scratch: as of mote_depthwise_conv_2d_s8_w4_dsp_3x3. */
#include "mote_kernels_strided.h"
#include "mote_unpack_s4.h"

void mote_depthwise_conv_2d_s8_w4_dsp_3x3_strided(const mote_depthwise_3x3 *layer, const int8_t *const *x, int8_t *y,
                                                  void *scratch,
                                                  const mote_strides *strides)
{
    mote_depthwise_3x3 unpacked = *layer;
    mote_unpack_s4(scratch, layer->weights, 9u * layer->computed);
    unpacked.weights = scratch;
    mote_depthwise_conv_2d_s8_dsp_3x3_strided(&unpacked, x, y, strides);
}
