/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_depthwise_conv_2d_s8_w4 for pixels that lie apart, as mote_strides.h says: unpacks the
 * weights, then calls mote_depthwise_conv_2d_s8_strided.
 *
 * x, y: as there.  weights, Scratch: as of mote_depthwise_conv_2d_s8_w4. */
#include "mote_kernels_strided.h"
#include "mote_unpack_s4.h"

void mote_depthwise_conv_2d_s8_w4_strided(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y,
                                          void *scratch,
                                          const mote_strides *strides)
{
    const uint32_t taps = (uint32_t)layer->kernel_height * layer->kernel_width;
    mote_conv_2d_rows unpacked = *layer;
    mote_unpack_s4(scratch, layer->weights, taps * layer->y_channels);
    unpacked.weights = scratch;
    mote_depthwise_conv_2d_s8_strided(&unpacked, x, y, strides);
}
