/* SPDX-License-Identifier: Apache-2.0
 *
 * y[r,c] = (x[r,c] - mean(x[r])) / sqrt(variance(x[r]) + epsilon) * gamma[c] + beta[c]
 *
 * in the integer formula of mote_layer_norm.h.
 * x, y: [rows, columns] int16; y may be x or start below it.
 * Scratch: none. Cost: four multiplications per element, about 25 per row.
 * No overflow: see mote_layer_norm.h. */
#include "mote_layer_norm.h"

void mote_layer_norm_s16(const mote_layer_norm *layer, const int16_t *x, int16_t *y)
{
    const mote_layer_norm p = *layer; /* y may alias the struct in the compiler's eyes */
    for (uint32_t r = 0; r < p.rows; r++) {
        int32_t sum = 0;
        uint64_t squares = 0;
        mote_row_scale scale;
        for (uint32_t c = 0; c < p.columns; c++) {
            sum += x[c];
            squares += (uint32_t)(x[c] * x[c]);
        }
        scale = mote_scale_of_row(&p, sum, squares);
        for (uint32_t c = 0; c < p.columns; c++) {
            const int32_t distance = (int32_t)p.columns * x[c] - sum;
            y[c] = mote_clamp_s16(mote_normalize(&p, scale, distance, c), -32768, 32767);
        }
        x += p.columns;
        y += p.columns;
    }
}
