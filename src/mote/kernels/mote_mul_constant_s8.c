/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,k,n] = x * constant at the same index; either repeats along the dimensions in which its step is 0.
 * The formula is in mote_mul.h.
 *
 * y: [size] int8, may be x, or start below it, if no dimension repeats x.
 * Scratch: none. Cost: one double-rounded requantisation per element. */
#include "mote_mul.h"

void mote_mul_constant_s8(const mote_mul *layer, const int8_t *x, int8_t *y)
{
    MOTE_BROADCAST(mote_multiply_row, layer, x, layer->constant, y)
}
