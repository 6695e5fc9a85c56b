/* SPDX-License-Identifier: Apache-2.0
 *
 * Nearest neighbours, shared by the kernels of resize.
 *
 * y[b,i,j,c] = x[b,rows[i],columns[j],c]
 *
 * The file that includes this defines MOTE_ELEMENT as the type of an element. */
#ifndef MOTE_RESIZE_NEAREST_H
#define MOTE_RESIZE_NEAREST_H

#include <string.h>

#include "mote_kernels.h"

#ifndef MOTE_ELEMENT
#define MOTE_ELEMENT int8_t
#endif

static inline void mote_resize_nearest_all(const mote_resize *layer, const MOTE_ELEMENT *x,
                                           MOTE_ELEMENT *y)
{
    const uint32_t channels = layer->channels;
    const uint32_t x_row = layer->x_width * channels, y_row = layer->y_width * channels;
    for (uint32_t b = 0; b < layer->batches; b++) {
        for (uint32_t i = 0; i < layer->y_height; i++) {
            const MOTE_ELEMENT *row = x + (uint32_t)layer->rows[i] * x_row;
            if (i > 0 && layer->rows[i] == layer->rows[i - 1]) {
                memcpy(y, y - y_row, y_row * sizeof *y);
                y += y_row;
                continue;
            }
            for (uint32_t j = 0; j < layer->y_width; j++) {
                const MOTE_ELEMENT *cell = row + (uint32_t)layer->columns[j] * channels;
                for (uint32_t c = channels; c > 0; c--) {
                    *y++ = *cell++;
                }
            }
        }
        x += layer->x_height * x_row;
    }
}

#endif
