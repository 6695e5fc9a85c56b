/* SPDX-License-Identifier: Apache-2.0
 *
 * y[b,i,j,c] = x[b,rows[i],columns[j],c]; the loops are in mote_resize_nearest.h.
 *
 * x: [batches, x_height, x_width, channels] int16. y: [batches, y_height, y_width, channels] int16, must
 * not overlap x.
 * Scratch: none. Cost: one copy per element of y; a row that repeats is copied as a whole. */
#define MOTE_ELEMENT int16_t
#include "mote_resize_nearest.h"

void mote_resize_nearest_s16(const mote_resize *layer, const int16_t *x, int16_t *y)
{
    mote_resize_nearest_all(layer, x, y);
}
