/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 with 4-bit weights, double rounding: unpacks them, then calls mote_depthwise_conv_2d_s8_dsp_3x3.
 *
 * x, y: as there.  weights: two in a byte, the first in the low half.  Scratch: 9 * computed + 1 bytes. */
#include "mote_kernels.h"
#include "mote_unpack_s4.h"

void mote_depthwise_conv_2d_s8_w4_dsp_3x3(const mote_depthwise_3x3 *layer, const int8_t *const *x, int8_t *y,
                                          void *scratch)
{
    mote_depthwise_3x3 unpacked = *layer;
    mote_unpack_s4(scratch, layer->weights, 9u * layer->computed);
    unpacked.weights = scratch;
    mote_depthwise_conv_2d_s8_dsp_3x3(&unpacked, x, y);
}
