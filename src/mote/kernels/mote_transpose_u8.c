/* SPDX-License-Identifier: Apache-2.0
 *
 * y = x with its dimensions in another order; the walk is in mote_walk.h, with offset 0.
 *
 * x: uint8. y: [size] uint8, must not overlap x.
 * Scratch: none. Cost: one copy per element, by rows where the last step is 1. */
#define MOTE_ELEMENT uint8_t
#include "mote_walk.h"

void mote_transpose_u8(const mote_walk *layer, const uint8_t *x, uint8_t *y)
{
    mote_walk_all(layer, x, y);
}
