/* SPDX-License-Identifier: Apache-2.0
 *
 * Portable convolution with 4-bit weights; formula in mote_conv_2d.h. Channels are computed four at a time
 * over all pixels of the call, with their weights unpacked once. The kernels mote_conv_2d_s8_w4*.c are this file
 * with one choice of MOTE_STRIDED each.
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x.  weights: two in a byte, the first in the low half; each channel starts a byte.
 * Scratch: the taps of one channel, a byte each, for 4 channels, or one where a group has fewer than 4.
 * No overflow: |acc| <= 128 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time. */
#ifndef MOTE_CONV_2D_W4_H
#define MOTE_CONV_2D_W4_H

#define MOTE_NIBBLES 1
#define MOTE_CONV_2D                                                                                 \
    static void put_pixels(const mote_conv_2d_rows *layer, const int8_t *unpacked, int32_t input,    \
                           int32_t first, const int8_t *const *x, int8_t *y MOTE_STRIDES_TAKEN)
#include "mote_conv_2d.h"

/* The file that includes this names the function: of an inline one that it calls, compilers make other code. */
#ifndef MOTE_CONV_2D_W4
#define MOTE_CONV_2D_W4                                                                              \
    static inline void mote_conv_2d_w4(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y, \
                                       void *scratch MOTE_STRIDES_TAKEN)
#endif

MOTE_CONV_2D_W4
{
    const int32_t inputs = layer->x_channels / layer->groups, outputs = layer->y_channels / layer->groups;
    const int32_t taps = layer->kernel_height * layer->kernel_width * inputs;
    const int32_t lanes = outputs < 4 ? 1 : 4, bytes = (taps + 1) / 2;
    int8_t *const unpacked = scratch;

    for (int32_t group = 0; group < layer->groups; group++) {
        for (int32_t i = 0; i < outputs; i += lanes) {
            int32_t first;
            if (i + lanes > outputs)
                i = outputs - lanes; /* some channels a second time */
            first = group * outputs + i;
            for (int32_t lane = 0; lane < lanes; lane++)
                mote_unpack_s4(unpacked + lane * taps, layer->weights + (first + lane) * bytes, (uint32_t)taps);
            put_pixels(layer, unpacked, group * inputs, first, x, y MOTE_STRIDES_GIVEN);
        }
    }
}

#endif
