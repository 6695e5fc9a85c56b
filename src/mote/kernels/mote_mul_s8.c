/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,k,n] = x0 * x1 at the same index; an operand repeats along the dimensions in which its step is 0.
 * The formula is in mote_mul.h.
 *
 * y: [size] int8, may be an operand that no dimension repeats, or start below it.
 * Scratch: none. Cost: one double-rounded requantisation per element. */
#include "mote_mul.h"

void mote_mul_s8(const mote_mul *layer, const int8_t *x0, const int8_t *x1, int8_t *y)
{
    MOTE_BROADCAST(mote_multiply_row, layer, x0, x1, y)
}
