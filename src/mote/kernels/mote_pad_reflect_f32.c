/* SPDX-License-Identifier: Apache-2.0
 *
 * y = x with its elements mirrored about the first and last one; the walk is in mote_pad_reflect.h.
 *
 * x: [x_size, block] float. y: [y_size, block] float, must not overlap x.
 * Scratch: none. Cost: one copy per element of y. */
#define MOTE_ELEMENT float
#include "mote_pad_reflect.h"

#include "mote_kernels_f32.h"

void mote_pad_reflect_f32(const mote_pad_reflect *layer, const float *x, float *y)
{
    mote_pad_reflect_all(layer, x, y);
}
