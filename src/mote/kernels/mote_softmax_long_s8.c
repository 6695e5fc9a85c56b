/* SPDX-License-Identifier: Apache-2.0
 *
 * y[r,c] = clamp(round(256 * exp[c] / sum(exp)) - 128), exp[c] = exponentials[max(x[r]) - x[r,c]]
 *
 * As mote_softmax_s8, for rows whose sum may leave 32 bits.
 * x, y: [rows, columns] int8; y may be x or start below it.
 * Scratch: none. Cost: one multiplication per element, eight per row.
 * No overflow: the sum is below 2^32 * 2^19. */
#include "mote_softmax_row.h"

void mote_softmax_long_s8(const mote_softmax *layer, const int8_t *x, int8_t *y)
{
    const uint32_t columns = layer->columns;
    for (uint32_t r = 0; r < layer->rows; r++) {
        const int32_t largest = mote_largest(x, columns);
        uint64_t total = 0;
        int more = 0;
        for (uint32_t c = 0; c < columns; c++) {
            uint32_t d = (uint32_t)(largest - x[c]);
            if (d < layer->entries) {
                total += mote_summand(layer->exponentials[d]);
            }
        }
        while (total > UINT32_MAX) {
            total >>= 1;
            more++;
        }
        mote_probabilities(layer, x, y, largest, (uint32_t)total, more);
        x += columns;
        y += columns;
    }
}
