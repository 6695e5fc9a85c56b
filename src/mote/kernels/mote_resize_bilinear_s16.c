/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,c] = sum of four neighbours * row weight * column weight / 2^20, halves away from zero
 *
 * Row i of a whole result lies between x rows rows[i] and rows[i] + 1, with row_weights[i] / 1024 of the second,
 * and likewise for columns; a weight of 0 where there is no second one.
 * x: rows of [x_width, channels] int16, as mote_resize says. y: [y_height, y_width, channels] int16, must not
 * overlap x. row: the number of y's first row in its image.
 * Scratch: none. Cost: four multiplications per element of y.
 * No overflow: the weights of a sum add up to 2^20, so it is at most 2^35, in int64. */
#include "mote_kernels.h"

void mote_resize_bilinear_s16(const mote_resize *layer, const int16_t *const *x, int16_t *y, uint32_t row)
{
    const int16_t *rows = layer->rows + row;
    const uint32_t channels = layer->channels;
    for (uint32_t i = 0; i < layer->y_height; i++) {
        const int32_t down = layer->row_weights[row + i], up = 1024 - down;
        const int16_t *const *from = x + (rows[i] - rows[0]);
        for (uint32_t j = 0; j < layer->y_width; j++) {
            const int32_t right = layer->column_weights[j], left = 1024 - right;
            const int32_t w00 = up * left, w01 = up * right;
            const int32_t w10 = down * left, w11 = down * right;
            const uint32_t start = (uint32_t)layer->columns[j] * channels;
            const uint32_t beside = right != 0 ? channels : 0;
            const int16_t *above = from[0] + start, *below = from[down != 0] + start;
            for (uint32_t c = channels; c > 0; c--) {
                int64_t sum = (int64_t)*above * w00 + (int64_t)above[beside] * w01;
                sum += (int64_t)*below * w10 + (int64_t)below[beside] * w11;
                *y++ = (int16_t)((sum + (1 << 19) + (sum >> 63)) >> 20);
                above++;
                below++;
            }
        }
    }
}
