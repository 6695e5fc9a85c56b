/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,c] = x[rows[row + i] - rows[row]][columns[j],c]; the loops are in mote_resize_nearest.h.
 *
 * x: rows of [x_width, channels] float, as mote_resize says. y: [y_height, y_width, channels] float, must not
 * overlap x. row: the number of y's first row in its image.
 * Scratch: none. Cost: one copy per element of y; a row that repeats is copied as a whole. */
#define MOTE_ELEMENT float
#include "mote_resize_nearest.h"

#include "mote_kernels_f32.h"

void mote_resize_nearest_f32(const mote_resize *layer, const float *const *x, float *y, uint32_t row)
{
    mote_resize_nearest_rows(layer, x, y, row);
}
