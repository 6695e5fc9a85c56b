/* SPDX-License-Identifier: Apache-2.0
 *
 * y[b,i,j,c] = sum of four neighbours * row weight * column weight / 2^20, halves away from zero
 *
 * Result row i lies between x rows rows[i] and rows[i] + 1, with row_weights[i] / 1024 of the second, and
 * likewise for columns; a weight of 0 where there is no second one.
 * x: [batches, x_height, x_width, channels] int16. y: [batches, y_height, y_width, channels] int16, must
 * not overlap x.
 * Scratch: none. Cost: four multiplications per element of y.
 * No overflow: the weights of a sum add up to 2^20, so it is at most 2^35, in int64. */
#include "mote_kernels.h"

void mote_resize_bilinear_s16(const mote_resize *layer, const int16_t *x, int16_t *y)
{
    const uint32_t channels = layer->channels, x_row = layer->x_width * channels;
    for (uint32_t b = 0; b < layer->batches; b++) {
        for (uint32_t i = 0; i < layer->y_height; i++) {
            const int32_t down = layer->row_weights[i], up = 1024 - down;
            const int16_t *row = x + (uint32_t)layer->rows[i] * x_row;
            const uint32_t below = down != 0 ? x_row : 0;
            for (uint32_t j = 0; j < layer->y_width; j++) {
                const int32_t right = layer->column_weights[j], left = 1024 - right;
                const int32_t w00 = up * left, w01 = up * right;
                const int32_t w10 = down * left, w11 = down * right;
                const int16_t *cell = row + (uint32_t)layer->columns[j] * channels;
                const int16_t *beside = cell + (right != 0 ? channels : 0);
                for (uint32_t c = channels; c > 0; c--) {
                    int64_t sum = (int64_t)cell[0] * w00 + (int64_t)beside[0] * w01;
                    sum += (int64_t)cell[below] * w10 + (int64_t)beside[below] * w11;
                    *y++ = (int16_t)((sum + (1 << 19) + (sum >> 63)) >> 20);
                    cell++;
                    beside++;
                }
            }
        }
        x += layer->x_height * x_row;
    }
}
