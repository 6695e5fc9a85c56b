/* SPDX-License-Identifier: Apache-2.0
 *
 * y = x with its dimensions in another order; the walk is in mote_walk.h, with offset 0.
 *
 * x: float. y: [size] float, must not overlap x.
 * Scratch: none. Cost: one copy per element, by rows where the last step is 1. */
#define MOTE_ELEMENT float
#include "mote_walk.h"

#include "mote_kernels_f32.h"

void mote_transpose_f32(const mote_walk *layer, const float *x, float *y)
{
    mote_walk_all(layer, x, y);
}
