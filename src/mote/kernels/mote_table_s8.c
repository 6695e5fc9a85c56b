/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = table[byte of x[i]]: a function of one variable, or from one quantisation to another. The
 * table holds the result for every byte, made at compile time by the reference.
 *
 * x: [elements] int8. y: [elements] int8, may be x or start below it.
 * Scratch: none. Cost: two loads per element. */
#include "mote_kernels.h"
#include "mote_lookup.h"

void mote_table_s8(const mote_lookup_s8 *layer, const int8_t *x, int8_t *y)
{
    mote_lookup_bytes(layer->table, x, y, layer->elements);
}
