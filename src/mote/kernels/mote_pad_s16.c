/* SPDX-License-Identifier: Apache-2.0
 *
 * y = x with border around it.
 *
 * The rows and gaps of mote_pad_s8.c, of int16.
 * x: [rows[0], rows[1], rows[2], row] int16. y: [elements] int16, must not overlap x.
 * Scratch: none. Cost: one copy or fill per element of y. */
#include <string.h>

#include "mote_kernels.h"

static int16_t *fill(int16_t *y, uint32_t n, int16_t border)
{
    for (; n > 0; n--) {
        *y++ = border;
    }
    return y;
}

void mote_pad_s16(const mote_pad *layer, const int16_t *x, int16_t *y)
{
    const int16_t *end = y + layer->elements;
    const uint32_t row = layer->row;
    const int16_t border = layer->border;
    uint32_t gap = layer->first_gap;
    for (uint32_t i = 0; i < layer->rows[0]; i++) {
        for (uint32_t j = 0; j < layer->rows[1]; j++) {
            for (uint32_t k = 0; k < layer->rows[2]; k++) {
                y = fill(y, gap, border);
                memcpy(y, x, row * sizeof *y);
                y += row;
                x += row;
                gap = layer->gap[2];
            }
            gap += layer->gap[1];
        }
        gap += layer->gap[0];
    }
    fill(y, (uint32_t)(end - y), border);
}
