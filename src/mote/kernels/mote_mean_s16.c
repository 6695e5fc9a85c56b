/* SPDX-License-Identifier: Apache-2.0
 *
 * y[k0,k1] = clamp(y_zero + requantize(offset + sum of x[k0,k1,r0,r1] over r0, r1)), double rounding
 *
 * Any dimensions, in any order, fold into two that stay (kept) and two that vanish (reduced).
 * x: element [k0,k1,r0,r1] lies at the sum of index * step. y: [kept] int16, must not overlap x.
 * Zero points are 0; the multiplier has 1 / number of cells folded in.
 * Scratch: none. Cost: one addition per element of x.
 * No overflow: 2^15 * cells * 2^max(-right, 0) < 2^31, checked for every layer at compile time. */
#include "mote_kernels.h"
#include "mote_requantize.h"

static inline int16_t rescale(const mote_mean *layer, int32_t sum)
{
    sum = mote_requantize_double(sum + layer->offset, layer->multiplier, layer->right);
    return mote_clamp_s16(sum + layer->y_zero, -32768, 32767);
}

void mote_mean_s16(const mote_mean *layer, const int16_t *x, int16_t *y)
{
    const uint32_t rows = layer->reduced[0], row_step = layer->reduced_step[0];
    const uint32_t cells = layer->reduced[1], cell_step = layer->reduced_step[1];
    const uint32_t step = layer->kept_step[1];
    for (uint32_t k = 0; k < layer->kept[0]; k++) {
        const int16_t *first = x + k * layer->kept_step[0];
        uint32_t n = layer->kept[1];
        for (; step == 1 && n >= 4; n -= 4) { /* four neighbours at once, as in a global mean */
            int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
            const int16_t *row = first;
            for (uint32_t i = rows; i > 0; i--) {
                const int16_t *cell = row;
                for (uint32_t j = cells; j > 0; j--) {
                    sum0 += cell[0];
                    sum1 += cell[1];
                    sum2 += cell[2];
                    sum3 += cell[3];
                    cell += cell_step;
                }
                row += row_step;
            }
            y[0] = rescale(layer, sum0);
            y[1] = rescale(layer, sum1);
            y[2] = rescale(layer, sum2);
            y[3] = rescale(layer, sum3);
            y += 4;
            first += 4;
        }
        for (; n > 0; n--) {
            int32_t sum = 0;
            const int16_t *row = first;
            for (uint32_t i = rows; i > 0; i--) {
                const int16_t *cell = row;
                for (uint32_t j = cells; j > 0; j--) {
                    sum += *cell;
                    cell += cell_step;
                }
                row += row_step;
            }
            *y++ = rescale(layer, sum);
            first += step;
        }
    }
}
