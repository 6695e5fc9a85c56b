/* SPDX-License-Identifier: Apache-2.0
 *
 * y[r,c] = clamp(round(256 * exp[c] / sum(exp)) - 128), exp[c] = exponentials[max(x[r]) - x[r,c]]
 *
 * exponentials: exp(-beta * x_scale * d) in Q0.31 for d = 0 .. entries - 1; from there on the
 * probability rounds to 0 and adds nothing to the sum, which is Q12.19.
 * x, y: [rows, columns] int8; y may be x or start below it.
 * Scratch: none. Cost: one multiplication per element, eight per row.
 * No overflow: the sum is at most columns * 2^19 < 2^31, checked for every layer at compile time. */
#include "mote_softmax_row.h"

void mote_softmax_s8(const mote_softmax *layer, const int8_t *x, int8_t *y)
{
    const uint32_t columns = layer->columns;
    for (uint32_t r = 0; r < layer->rows; r++) {
        const int32_t largest = mote_largest(x, columns);
        uint32_t total = 0;
        for (uint32_t c = 0; c < columns; c++) {
            uint32_t d = (uint32_t)(largest - x[c]);
            if (d < layer->entries) {
                total += mote_summand(layer->exponentials[d]);
            }
        }
        mote_probabilities(layer, x, y, largest, total, 0);
        x += columns;
        y += columns;
    }
}
