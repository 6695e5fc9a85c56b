/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = table[byte of x[i]]: from one quantisation to another. The table holds
 * clamp(y_zero + requantize(x - x_zero)) for every byte, made at compile time by the reference.
 *
 * x: [elements] int8. y: [elements] uint8, may be x or start below it.
 * Scratch: none. Cost: two loads per element. */
#include "mote_kernels.h"
#include "mote_lookup.h"

void mote_quantize_s8_u8(const mote_lookup_u8 *layer, const int8_t *x, uint8_t *y)
{
    mote_lookup_bytes(layer->table, x, y, layer->elements);
}
