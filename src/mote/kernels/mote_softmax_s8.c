/* SPDX-License-Identifier: Apache-2.0
 *
 * y[r,c] = clamp(round(256 * exp[c] / sum(exp)) - 128), exp[c] = exponentials[max(x[r]) - x[r,c]]
 *
 * exponentials: exp(-beta * x_scale * d) in Q0.31 for d = 0 .. entries - 1; from there on the
 * probability rounds to 0 and adds nothing to the sum, which is Q12.19.
 * x, y: [rows, columns] int8; y may be x.
 * Scratch: none. Cost: one multiplication per element, eight per row.
 * No overflow: the sum is at most columns * 2^19 < 2^31, checked for every layer at compile time. */
#include "mote_kernels.h"
#include "mote_reciprocal.h"

#define SUM_INTEGER_BITS 12

void mote_softmax_s8(const mote_softmax *layer, const int8_t *x, int8_t *y)
{
    const uint32_t columns = layer->columns;
    for (uint32_t r = 0; r < layer->rows; r++) {
        uint32_t total = 0;
        int32_t scale, largest = -128;
        int right = 31 - 8 + SUM_INTEGER_BITS;
        for (uint32_t c = 0; c < columns; c++) {
            largest = x[c] > largest ? x[c] : largest;
        }
        for (uint32_t c = 0; c < columns; c++) {
            uint32_t d = (uint32_t)(largest - x[c]);
            if (d < layer->entries) {
                total += ((uint32_t)layer->exponentials[d] + (1u << (SUM_INTEGER_BITS - 1))) >>
                         SUM_INTEGER_BITS;
            }
        }
        while (total < 0x80000000u) {
            total <<= 1;
            right--;
        }
        scale = mote_reciprocal((int32_t)(total >> 1));
        for (uint32_t c = 0; c < columns; c++) {
            uint32_t d = (uint32_t)(largest - x[c]);
            int32_t probability = 0;
            if (d < layer->entries && right < 32) {
                probability = mote_requantize_double(scale, layer->exponentials[d], right);
            }
            y[c] = mote_clamp_s8(probability - 128, -128, 127);
        }
        x += columns;
        y += columns;
    }
}
