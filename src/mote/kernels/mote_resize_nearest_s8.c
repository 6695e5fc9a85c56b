/* SPDX-License-Identifier: Apache-2.0
 *
 * y[b,i,j,c] = x[b,rows[i],columns[j],c]; the loops are in mote_resize_nearest.h.
 *
 * x: [batches, x_height, x_width, channels] int8. y: [batches, y_height, y_width, channels] int8, must
 * not overlap x.
 * Scratch: none. Cost: one copy per element of y; a row that repeats is copied as a whole. */
#define MOTE_ELEMENT int8_t
#include "mote_resize_nearest.h"

void mote_resize_nearest_s8(const mote_resize *layer, const int8_t *x, int8_t *y)
{
    mote_resize_nearest_all(layer, x, y);
}
