/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_table_s8 for pixels that lie apart, as mote_strides.h says.
 *
 * x, y: as there, elements being a multiple of the channels. y may be x, or start below it, where both have the
 * same distance between pixels.
 * Scratch: none. Cost: two loads per element, and some 10 instructions per pixel. */
#include "mote_kernels_strided.h"
#include "mote_lookup.h"

void mote_table_s8_strided(const mote_lookup_s8 *layer, const int8_t *x, int8_t *y,
                           const mote_strides *strides)
{
    const uint32_t channels = strides->channels;
    for (uint32_t left = layer->elements; left > 0; left -= channels) {
        mote_lookup_bytes(layer->table, x, y, channels);
        x += strides->x[0];
        y += strides->y;
    }
}
