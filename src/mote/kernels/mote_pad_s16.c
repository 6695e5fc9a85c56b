/* SPDX-License-Identifier: Apache-2.0
 *
 * y = x with border around it; the loops are in mote_pad_gaps.h.
 *
 * x: [rows[0], rows[1], rows[2], row] int16. y: [elements] int16, must not overlap x.
 * Scratch: none. Cost: one copy or fill per element of y. */
#include "mote_pad_gaps.h"

void mote_pad_s16(const mote_pad *layer, const int16_t *x, int16_t *y)
{
    mote_pad_all(layer, x, y);
}
