/* SPDX-License-Identifier: Apache-2.0
 *
 * y[b,i,j,c] = x[b,rows[i],columns[j],c]; the loops are in mote_resize_nearest.h.
 *
 * x: [batches, x_height, x_width, channels] float. y: [batches, y_height, y_width, channels] float, must
 * not overlap x.
 * Scratch: none. Cost: one copy per element of y; a row that repeats is copied as a whole. */
#define MOTE_ELEMENT float
#include "mote_resize_nearest.h"

#include "mote_kernels_f32.h"

void mote_resize_nearest_f32(const mote_resize *layer, const float *x, float *y)
{
    mote_resize_nearest_all(layer, x, y);
}
