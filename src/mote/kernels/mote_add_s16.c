/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,k,n] = x0 + x1 at the same index; an operand repeats
 * along the dimensions in which its step is 0. The formula is in mote_arithmetic_s16.h.
 *
 * y: [size] int16, may be an operand that no dimension repeats, or start below it.
 * Scratch: none. Cost: three double-rounded requantisations per element. */
#include "mote_arithmetic_s16.h"

void mote_add_s16(const mote_arithmetic_s16 *layer, const int16_t *x0, const int16_t *x1, int16_t *y)
{
    MOTE_BROADCAST(mote_add_row_s16, layer, x0, x1, y)
}
