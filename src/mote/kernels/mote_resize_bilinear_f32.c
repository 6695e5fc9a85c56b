/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,c] = the sum of four neighbours, weighted by the distances to their rows and columns
 *
 * Row i of a whole result lies between x rows rows[i] and rows[i] + 1, with the weight row_weights[i] for the
 * second, and likewise for columns; a weight of 0 where there is no second one.
 * x: rows of [x_width, channels] float, as mote_resize says. y: [y_height, y_width, channels] float, must not
 * overlap x. row: the number of y's first row in its image.
 * Scratch: none. Cost: six multiplications per element of y. */
#include "mote_kernels_f32.h"

void mote_resize_bilinear_f32(const mote_resize_float *layer, const float *const *x, float *y, uint32_t row)
{
    const int16_t *rows = layer->rows + row;
    const uint32_t channels = layer->channels;
    for (uint32_t i = 0; i < layer->y_height; i++) {
        const float down = layer->row_weights[row + i], up = 1.0f - down;
        const float *const *from = x + (rows[i] - rows[0]);
        for (uint32_t j = 0; j < layer->y_width; j++) {
            const float right = layer->column_weights[j], left = 1.0f - right;
            const uint32_t start = (uint32_t)layer->columns[j] * channels;
            const uint32_t beside = right > 0.0f ? channels : 0;
            const float *above = from[0] + start, *below = from[down > 0.0f] + start;
            for (uint32_t c = channels; c > 0; c--) {
                const float first = *above * up + *below * down;
                const float second = above[beside] * up + below[beside] * down;
                *y++ = first * left + second * right;
                above++;
                below++;
            }
        }
    }
}
