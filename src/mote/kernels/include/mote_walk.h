/* SPDX-License-Identifier: Apache-2.0
 *
 * Elements gathered at regular steps, shared by the kernels of slice and transpose.
 *
 * y[i,j,k,n] = x[offset + i * step[0] + j * step[1] + k * step[2] + n * step[3]]
 *
 * y: [size], dense. The file that includes this defines MOTE_ELEMENT as the type of an element. */
#ifndef MOTE_WALK_H
#define MOTE_WALK_H

#include <string.h>

#include "mote_kernels.h"

#ifndef MOTE_ELEMENT
#define MOTE_ELEMENT int8_t
#endif

static inline void mote_walk_all(const mote_walk *layer, const MOTE_ELEMENT *x, MOTE_ELEMENT *y)
{
    const uint32_t step = layer->step[3], row_step = layer->step[2], n = layer->size[3];
    x += layer->offset;
    for (uint32_t i = 0; i < layer->size[0]; i++) {
        for (uint32_t j = 0; j < layer->size[1]; j++) {
            const MOTE_ELEMENT *row = x + i * layer->step[0] + j * layer->step[1];
            for (uint32_t k = layer->size[2]; k > 0; k--) {
                if (step == 1) {
                    memcpy(y, row, n * sizeof *y);
                    y += n;
                } else {
                    const MOTE_ELEMENT *cell = row;
                    for (uint32_t m = n; m > 0; m--) {
                        *y++ = *cell;
                        cell += step;
                    }
                }
                row += row_step;
            }
        }
    }
}

#endif
