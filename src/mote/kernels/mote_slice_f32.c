/* SPDX-License-Identifier: Apache-2.0
 *
 * y = the elements of x from offset on at the steps of the layer; the walk is in mote_walk.h.
 *
 * x: float. y: [size] float, must not overlap x.
 * Scratch: none. Cost: one copy per element, by rows where the last step is 1. */
#define MOTE_ELEMENT float
#include "mote_walk.h"

#include "mote_kernels_f32.h"

void mote_slice_f32(const mote_walk *layer, const float *x, float *y)
{
    mote_walk_all(layer, x, y);
}
