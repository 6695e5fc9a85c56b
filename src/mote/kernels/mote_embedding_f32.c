/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = table[x[i]]; an index outside the table takes the nearest row, so nothing else is read.
 *
 * x: [indices] int32. y: [indices, row] float, must not overlap x.
 * Scratch: none. Cost: one copy per element of y. */
#include <string.h>

#include "mote_kernels_f32.h"

void mote_embedding_f32(const mote_embedding_float *layer, const int32_t *x, float *y)
{
    const uint32_t row = layer->row;
    const int32_t last = layer->last;
    for (uint32_t n = layer->indices; n > 0; n--) {
        int32_t index = *x++;
        index = index < 0 ? 0 : index > last ? last : index;
        memcpy(y, layer->table + (uint32_t)index * row, row * sizeof *y);
        y += row;
    }
}
