/* SPDX-License-Identifier: Apache-2.0
 *
 * Some channels of each pixel, for pixels that lie apart, as mote_strides.h says: y[p][c] = x[p][offset + c].
 *
 * x, y: [pixels, channels] int8, pixels being the product of size by channels; steps are not used. y must not
 * overlap x.
 * Scratch: none. Cost: one copy per element, and some 10 instructions per pixel. */
#include <string.h>

#include "mote_kernels_strided.h"

void mote_slice_s8_strided(const mote_walk *layer, const int8_t *x, int8_t *y, const mote_strides *strides)
{
    const uint32_t channels = strides->channels;
    x += layer->offset;
    for (uint32_t left = layer->size[0] * layer->size[1] * layer->size[2] * layer->size[3]; left > 0;
         left -= channels) {
        memcpy(y, x, channels);
        x += strides->x[0];
        y += strides->y;
    }
}
