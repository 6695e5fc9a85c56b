/* SPDX-License-Identifier: Apache-2.0
 *
 * Up to 16 channels of some pixels of a row of inputs, of which those outside it stay as they are. */
#ifndef MOTE_WINOGRAD_GATHER_H
#define MOTE_WINOGRAD_GATHER_H

#include "mote_copy.h"
#include "mote_dsp.h"

/* row: the channels in its pixel 0, pixel bytes before the next, width pixels long. column: which pixel comes first,
 * below 0 too. patch: [pixels][16]. */
static inline void mote_winograd_gather_row(const int8_t *row, int32_t column, int32_t width, int32_t pixel,
                                            int32_t count, uint32_t *patch, int32_t pixels)
{
    const int32_t first = column < 0 ? -column : 0;
    const int32_t last = width - column < pixels ? width - column : pixels;
    row += (column + first) * pixel;
    for (int32_t j = first; j < last; j++, row += pixel) {
        uint32_t *to = patch + 4 * j;
        if (count < 16) {
            mote_copy((int8_t *)to, row, count);
            continue;
        }
        {
            const uint32_t w0 = mote_read32(row), w1 = mote_read32(row + 4);
            const uint32_t w2 = mote_read32(row + 8), w3 = mote_read32(row + 12);
            to[0] = w0;
            to[1] = w1;
            to[2] = w2;
            to[3] = w3;
        }
    }
}

#endif
