/* SPDX-License-Identifier: Apache-2.0
 *
 * y = x with border around it.
 *
 * Any padding of up to four dimensions is: a gap, a row of x, a gap, a row of x, ... and a last gap.
 * The gap before a row is gap[2], plus gap[1] when index 2 has wrapped, plus gap[0] when index 1 has.
 * x: [rows[0], rows[1], rows[2], row] int8. y: [elements] int8, must not overlap x.
 * Scratch: none. Cost: one copy or fill per element of y. */
#include <string.h>

#include "mote_kernels.h"

void mote_pad_s8(const mote_pad *layer, const int8_t *x, int8_t *y)
{
    const int8_t *end = y + layer->elements;
    const uint32_t row = layer->row;
    uint32_t gap = layer->first_gap;
    for (uint32_t i = 0; i < layer->rows[0]; i++) {
        for (uint32_t j = 0; j < layer->rows[1]; j++) {
            for (uint32_t k = 0; k < layer->rows[2]; k++) {
                memset(y, layer->border, gap);
                memcpy(y + gap, x, row);
                y += gap + row;
                x += row;
                gap = layer->gap[2];
            }
            gap += layer->gap[1];
        }
        gap += layer->gap[0];
    }
    memset(y, layer->border, (size_t)(end - y));
}
