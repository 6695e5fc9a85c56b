/* SPDX-License-Identifier: Apache-2.0
 *
 * y = the operands one after the other in each row; the loops are in mote_concat.h.
 *
 * x: an array of pointers to int8, null for constants. y: int8, must not overlap an operand.
 * Scratch: none. Cost: one copy per element of y. */
#include "mote_concat.h"

void mote_concat_s8(const mote_concat *layer, const void *const *x, int8_t *y)
{
    mote_concat_all(layer, x, y);
}
