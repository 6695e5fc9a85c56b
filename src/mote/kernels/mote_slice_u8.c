/* SPDX-License-Identifier: Apache-2.0
 *
 * y = the elements of x from offset on at the steps of the layer; the walk is in mote_walk.h.
 *
 * x: uint8. y: [size] uint8, must not overlap x.
 * Scratch: none. Cost: one copy per element, by rows where the last step is 1. */
#define MOTE_ELEMENT uint8_t
#include "mote_walk.h"

void mote_slice_u8(const mote_walk *layer, const uint8_t *x, uint8_t *y)
{
    mote_walk_all(layer, x, y);
}
