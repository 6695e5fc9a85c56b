/* SPDX-License-Identifier: Apache-2.0
 *
 * y = x with border around it; the loops are in mote_pad_gaps.h.
 *
 * x: [rows[0], rows[1], rows[2], row] float. y: [elements] float, must not overlap x.
 * Scratch: none. Cost: one copy or fill per element of y. */
#include "mote_kernels_f32.h"

#define MOTE_ELEMENT float
#define MOTE_PAD mote_pad_float
#include "mote_pad_gaps.h"

void mote_pad_f32(const mote_pad_float *layer, const float *x, float *y)
{
    mote_pad_all(layer, x, y);
}
