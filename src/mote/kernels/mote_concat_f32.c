/* SPDX-License-Identifier: Apache-2.0
 *
 * y = the operands one after the other in each row; the loops are in mote_concat.h.
 *
 * x: an array of pointers to float, null for constants. y: float, must not overlap an operand.
 * Scratch: none. Cost: one copy per element of y. */
#include "mote_concat.h"

#include "mote_kernels_f32.h"

void mote_concat_f32(const mote_concat *layer, const void *const *x, float *y)
{
    mote_concat_all(layer, x, y);
}
