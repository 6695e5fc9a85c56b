/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,c] = x[rows[row + i] - rows[row]][columns[j],c]; the loops are in mote_resize_nearest.h.
 *
 * x: rows of [x_width, channels] int16, as mote_resize says. y: [y_height, y_width, channels] int16, must not
 * overlap x. row: the number of y's first row in its image.
 * Scratch: none. Cost: one copy per element of y; a row that repeats is copied as a whole. */
#define MOTE_ELEMENT int16_t
#include "mote_resize_nearest.h"

void mote_resize_nearest_s16(const mote_resize *layer, const int16_t *const *x, int16_t *y, uint32_t row)
{
    mote_resize_nearest_rows(layer, x, y, row);
}
