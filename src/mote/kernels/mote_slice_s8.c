/* SPDX-License-Identifier: Apache-2.0
 *
 * y = the elements of x from offset on at the steps of the layer; the walk is in mote_walk.h.
 *
 * x: int8. y: [size] int8, must not overlap x.
 * Scratch: none. Cost: one copy per element, by rows where the last step is 1. */
#define MOTE_ELEMENT int8_t
#include "mote_walk.h"

void mote_slice_s8(const mote_walk *layer, const int8_t *x, int8_t *y)
{
    mote_walk_all(layer, x, y);
}
