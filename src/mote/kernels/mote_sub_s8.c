/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = clamp((x0[i] * x0_multiplier + x1[i] * x1_multiplier + offset) >> shift), x1_multiplier < 0
 *
 * x0, x1, y: [elements] int8. y may be x0 or x1, or start below it.
 * Scratch: none. Cost: two multiplications per element.
 * Exact: the lowering compares this formula with the reference for all 65,536 pairs of bytes, and
 * chooses mote_sub_broadcast_s8 for a layer in which one of them differs. No overflow: see mote_add.h. */
#include "mote_add.h"

void mote_sub_s8(const mote_add *layer, const int8_t *x0, const int8_t *x1, int8_t *y)
{
    mote_add_affine(layer, x0, x1, y);
}
