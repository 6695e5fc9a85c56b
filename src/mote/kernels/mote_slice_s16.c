/* SPDX-License-Identifier: Apache-2.0
 *
 * y = the elements of x from offset on at the steps of the layer; the walk is in mote_walk.h.
 *
 * x: int16. y: [size] int16, must not overlap x.
 * Scratch: none. Cost: one copy per element, by rows where the last step is 1. */
#define MOTE_ELEMENT int16_t
#include "mote_walk.h"

void mote_slice_s16(const mote_walk *layer, const int16_t *x, int16_t *y)
{
    mote_walk_all(layer, x, y);
}
