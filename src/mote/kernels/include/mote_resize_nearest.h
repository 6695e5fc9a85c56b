/* SPDX-License-Identifier: Apache-2.0
 *
 * Nearest neighbours, shared by the kernels of resize.
 *
 * y[i,j,c] = x[rows[row + i] - rows[row]][columns[j],c]
 *
 * The file that includes this defines MOTE_ELEMENT as the type of an element. */
#ifndef MOTE_RESIZE_NEAREST_H
#define MOTE_RESIZE_NEAREST_H

#include <string.h>

#include "mote_kernels.h"

#ifndef MOTE_ELEMENT
#define MOTE_ELEMENT int8_t
#endif

static inline void mote_resize_nearest_rows(const mote_resize *layer, const MOTE_ELEMENT *const *x,
                                            MOTE_ELEMENT *y, uint32_t row)
{
    const int16_t *rows = layer->rows + row;
    const uint32_t channels = layer->channels, y_row = layer->y_width * channels;
    for (uint32_t i = 0; i < layer->y_height; i++) {
        const MOTE_ELEMENT *from = x[rows[i] - rows[0]];
        if (i > 0 && rows[i] == rows[i - 1]) {
            memcpy(y, y - y_row, y_row * sizeof *y);
            y += y_row;
            continue;
        }
        for (uint32_t j = 0; j < layer->y_width; j++) {
            const MOTE_ELEMENT *cell = from + (uint32_t)layer->columns[j] * channels;
            for (uint32_t c = channels; c > 0; c--) {
                *y++ = *cell++;
            }
        }
    }
}

#endif
