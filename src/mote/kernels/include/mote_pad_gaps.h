/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant borders of elements wider than a byte: the rows and gaps of mote_pad_s8.c.
 *
 * The file that includes this defines MOTE_ELEMENT as the type of an element, and MOTE_PAD as the struct
 * with a border of that type. */
#ifndef MOTE_PAD_GAPS_H
#define MOTE_PAD_GAPS_H

#include <string.h>

#include "mote_kernels.h"

#ifndef MOTE_ELEMENT
#define MOTE_ELEMENT int16_t
#define MOTE_PAD mote_pad
#endif

static inline MOTE_ELEMENT *mote_fill(MOTE_ELEMENT *y, uint32_t n, MOTE_ELEMENT border)
{
    for (; n > 0; n--) {
        *y++ = border;
    }
    return y;
}

static inline void mote_pad_all(const MOTE_PAD *layer, const MOTE_ELEMENT *x, MOTE_ELEMENT *y)
{
    const MOTE_ELEMENT *end = y + layer->elements;
    const MOTE_ELEMENT border = layer->border;
    const uint32_t row = layer->row;
    uint32_t gap = layer->first_gap;
    for (uint32_t i = 0; i < layer->rows[0]; i++) {
        for (uint32_t j = 0; j < layer->rows[1]; j++) {
            for (uint32_t k = 0; k < layer->rows[2]; k++) {
                y = mote_fill(y, gap, border);
                memcpy(y, x, row * sizeof *y);
                y += row;
                x += row;
                gap = layer->gap[2];
            }
            gap += layer->gap[1];
        }
        gap += layer->gap[0];
    }
    mote_fill(y, (uint32_t)(end - y), border);
}

#endif
