/* SPDX-License-Identifier: Apache-2.0
 *
 * y = x with its elements mirrored about the first and last one; the walk is in mote_pad_reflect.h.
 *
 * x: [x_size, block] int8. y: [y_size, block] int8, must not overlap x.
 * Scratch: none. Cost: one copy per element of y. */
#define MOTE_ELEMENT int8_t
#include "mote_pad_reflect.h"

void mote_pad_reflect_s8(const mote_pad_reflect *layer, const int8_t *x, int8_t *y)
{
    mote_pad_reflect_all(layer, x, y);
}
