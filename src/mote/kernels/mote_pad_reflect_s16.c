/* SPDX-License-Identifier: Apache-2.0
 *
 * y = x with its elements mirrored about the first and last one; the walk is in mote_pad_reflect.h.
 *
 * x: [x_size, block] int16. y: [y_size, block] int16, must not overlap x.
 * Scratch: none. Cost: one copy per element of y. */
#define MOTE_ELEMENT int16_t
#include "mote_pad_reflect.h"

void mote_pad_reflect_s16(const mote_pad_reflect *layer, const int16_t *x, int16_t *y)
{
    mote_pad_reflect_all(layer, x, y);
}
