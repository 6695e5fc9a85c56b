/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,k,n] = x + constant at the same index, either repeated along the dimensions in which its
 * step is 0. The formula is in mote_add.h, with x as operand 0 and the constant as operand 1.
 *
 * y: [size] int8, may be x, or start below it, if no dimension repeats x.
 * Scratch: none. Cost: three double-rounded requantisations per element. */
#include "mote_add.h"

void mote_add_constant_s8(const mote_add_general *layer, const int8_t *x, int8_t *y)
{
    MOTE_BROADCAST(mote_add_row, layer, x, layer->constant, y)
}
