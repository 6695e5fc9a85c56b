/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,k,n] = x * constant at the same index; either repeats
 * along the dimensions in which its step is 0. The formula is in mote_arithmetic_s16.h.
 *
 * y: [size] int16, may be an operand that no dimension repeats, or start below it.
 * Scratch: none. Cost: one double-rounded requantisation per element. */
#include "mote_arithmetic_s16.h"

void mote_mul_constant_s16(const mote_arithmetic_s16 *layer, const int16_t *x, int16_t *y)
{
    MOTE_BROADCAST(mote_multiply_row_s16, layer, x, layer->constant, y)
}
