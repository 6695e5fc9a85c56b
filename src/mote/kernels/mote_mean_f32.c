/* SPDX-License-Identifier: Apache-2.0
 *
 * y[k0,k1] = sum of x[k0,k1,r0,r1] over r0, r1, divided by cells
 *
 * Any dimensions, in any order, fold into two that stay (kept) and two that vanish (reduced).
 * x: element [k0,k1,r0,r1] lies at the sum of index * step. y: [kept] float, must not overlap x.
 * Scratch: none. Cost: one addition per element of x, one division per element of y. */
#include "mote_kernels_f32.h"

void mote_mean_f32(const mote_mean_float *layer, const float *x, float *y)
{
    const uint32_t cell_step = layer->reduced_step[1];
    for (uint32_t k = 0; k < layer->kept[0]; k++) {
        const float *first = x + k * layer->kept_step[0];
        for (uint32_t n = layer->kept[1]; n > 0; n--) {
            const float *row = first;
            float sum = 0.0f;
            for (uint32_t i = layer->reduced[0]; i > 0; i--) {
                const float *cell = row;
                for (uint32_t j = layer->reduced[1]; j > 0; j--) {
                    sum += *cell;
                    cell += cell_step;
                }
                row += layer->reduced_step[0];
            }
            *y++ = sum / layer->cells;
            first += layer->kept_step[1];
        }
    }
}
