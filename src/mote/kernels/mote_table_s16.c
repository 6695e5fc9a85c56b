/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = a function of x[i]: between entries of a table for every 128th integer, interpolated.
 *
 * With base = table[i], i = (x >> 7) + 256, and slope = int16(table[i + 1] - base):
 * y = int16(base + ((slope * (x & 127) + 64) >> 7))
 *
 * The table is made at compile time by the reference.
 * x, y: [elements] int16; y may be x or start below it.
 * Scratch: none. Cost: one multiplication and three loads per element.
 * No overflow: |slope * offset| <= 2^15 * 127. */
#include "mote_interpolate.h"
#include "mote_kernels.h"

void mote_table_s16(const mote_lookup_s16 *layer, const int16_t *x, int16_t *y)
{
    const int16_t *table = layer->table;
    for (uint32_t n = layer->elements; n > 0; n--) {
        *y++ = mote_interpolate(table, *x++);
    }
}
