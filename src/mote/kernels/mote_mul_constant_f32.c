/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,k,n] = clamp(x * constant) at the same index; either repeats along the
 * dimensions in which its step is 0, see mote_broadcast.h.
 *
 * y: [size] float, may be x, or start below it, if no dimension repeats that.
 * Scratch: none. Cost: one operation per element. */
#include "mote_arithmetic_f32.h"

void mote_mul_constant_f32(const mote_binary_float *layer, const float *x, float *y)
{
    MOTE_BROADCAST(mote_multiply_row_f32, layer, x, layer->constant, y)
}
