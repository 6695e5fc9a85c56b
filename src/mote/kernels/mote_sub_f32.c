/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,k,n] = clamp(x0 - x1) at the same index; either repeats along the dimensions in which its step
 * is 0, see mote_broadcast.h.
 *
 * y: [size] float, may be an operand that no dimension repeats, or start below it.
 * Scratch: none. Cost: one operation per element. */
#include "mote_arithmetic_f32.h"

void mote_sub_f32(const mote_binary_float *layer, const float *x0, const float *x1, float *y)
{
    MOTE_BROADCAST(mote_subtract_row_f32, layer, x0, x1, y)
}
