/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_add_s8 for pixels that lie apart, as mote_strides.h says.
 *
 * x0, x1, y: as there, elements being a multiple of the channels. y may be x0 or x1, or start below it, where
 * both have the same distance between pixels.
 * Scratch: none. Cost: two multiplications per element, and some 20 instructions per pixel. */
#include "mote_add.h"
#include "mote_kernels_strided.h"

void mote_add_s8_strided(const mote_add *layer, const int8_t *x0, const int8_t *x1, int8_t *y,
                         const mote_strides *strides)
{
    const uint32_t channels = strides->channels;
    mote_add pixel = *layer;
    pixel.elements = channels;
    for (uint32_t left = layer->elements; left > 0; left -= channels) {
        mote_add_affine(&pixel, x0, x1, y);
        x0 += strides->x[0];
        x1 += strides->x[1];
        y += strides->y;
    }
}
