/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution with 4-bit weights: every call unpacks them, then calls mote_depthwise_conv_2d_s8.
 *
 * x, y: as there.  weights: two in a byte, the first in the low half.
 * Scratch: kernel_height * kernel_width * y_channels bytes. */
#include "mote_kernels.h"
#include "mote_unpack_s4.h"

void mote_depthwise_conv_2d_s8_w4(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y,
                                  void *scratch)
{
    const uint32_t taps = (uint32_t)layer->kernel_height * layer->kernel_width;
    mote_conv_2d_rows unpacked = *layer;
    mote_unpack_s4(scratch, layer->weights, taps * layer->y_channels);
    unpacked.weights = scratch;
    mote_depthwise_conv_2d_s8(&unpacked, x, y);
}
