/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = table[byte of x[i]]: from one quantisation to another. The table holds
 * clamp(y_zero + requantize(x - x_zero)) for every byte, made at compile time by the reference.
 *
 * x: [elements] uint8. y: [elements] int8, may be x or start below it.
 * Scratch: none. Cost: two loads per element. */
#include "mote_kernels.h"
#include "mote_lookup.h"

void mote_quantize_u8_s8(const mote_lookup_s8 *layer, const uint8_t *x, int8_t *y)
{
    mote_lookup_bytes(layer->table, x, y, layer->elements);
}
