/* SPDX-License-Identifier: Apache-2.0
 *
 * y = x with its dimensions in another order; the walk is in mote_walk.h, with offset 0.
 *
 * x: int8. y: [size] int8, must not overlap x.
 * Scratch: none. Cost: one copy per element, by rows where the last step is 1. */
#define MOTE_ELEMENT int8_t
#include "mote_walk.h"

void mote_transpose_s8(const mote_walk *layer, const int8_t *x, int8_t *y)
{
    mote_walk_all(layer, x, y);
}
