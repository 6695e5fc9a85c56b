/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,k,n] = x0 - x1 at the same index, each operand repeated along the dimensions in which its
 * step is 0. The formula is in mote_add.h.
 *
 * y: [size] int8, may be an operand that no dimension repeats, or start below it.
 * x0, x1: element [i,j,k,n] lies at the sum of index * step.
 * Scratch: none. Cost: three double-rounded requantisations per element. */
#include "mote_add.h"

void mote_sub_broadcast_s8(const mote_add_general *layer, const int8_t *x0, const int8_t *x1,
                           int8_t *y)
{
    MOTE_BROADCAST(mote_subtract_row, layer, x0, x1, y)
}
