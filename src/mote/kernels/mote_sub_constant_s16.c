/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,k,n] = x - constant at the same index, or constant - x when constant_first; either repeats
 * along the dimensions in which its step is 0. The formula is in mote_arithmetic_s16.h.
 *
 * y: [size] int16, may be an operand that no dimension repeats, or start below it.
 * Scratch: none. Cost: three double-rounded requantisations per element. */
#include "mote_arithmetic_s16.h"

void mote_sub_constant_s16(const mote_arithmetic_s16 *layer, const int16_t *x, int16_t *y)
{
    if (layer->constant_first) {
        MOTE_BROADCAST(mote_subtract_row_s16, layer, layer->constant, x, y)
    } else {
        MOTE_BROADCAST(mote_subtract_row_s16, layer, x, layer->constant, y)
    }
}
