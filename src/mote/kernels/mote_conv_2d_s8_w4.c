/* SPDX-License-Identifier: Apache-2.0
 *
 * Portable convolution with 4-bit weights; formula in mote_conv_2d.h. Channels are computed four at a time
 * over all pixels, with their weights unpacked once.
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.  weights: two in a byte, the first in the low half; each channel starts a byte.
 * Scratch: the taps of one channel, a byte each, for 4 channels, or one where a group has fewer than 4.
 * No overflow: |acc| <= 128 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time. */
#include "mote_conv_2d.h"
#include "mote_unpack_s4.h"

void mote_conv_2d_s8_w4(const mote_conv_2d *layer, const int8_t *x, int8_t *y, void *scratch)
{
    const mote_pixel pixel = mote_first_pixel(layer);
    const int32_t lanes = pixel.outputs < 4 ? 1 : 4, bytes = (pixel.filter + 1) / 2;
    int8_t *const unpacked = scratch;

    for (int32_t group = 0; group < layer->y_channels; group += pixel.outputs) {
        for (int32_t i = 0; i < pixel.outputs; i += lanes) {
            mote_filters filters = {unpacked, 0, lanes};
            if (i + lanes > pixel.outputs)
                i = pixel.outputs - lanes; /* some channels a second time */
            filters.first = group + i;
            for (int32_t lane = 0; lane < lanes; lane++)
                mote_unpack_s4(unpacked + lane * pixel.filter, layer->weights + (filters.first + lane) * bytes,
                               (uint32_t)pixel.filter);
            mote_conv_2d_filters(layer, &filters, 0, x, y);
        }
    }
}
