/* SPDX-License-Identifier: Apache-2.0
 *
 * y[b,i,j,c] = the sum of four neighbours, weighted by the distances to their rows and columns
 *
 * Result row i lies between x rows rows[i] and rows[i] + 1, with the weight row_weights[i] for the second,
 * and likewise for columns; a weight of 0 where there is no second one.
 * x: [batches, x_height, x_width, channels] float. y: [batches, y_height, y_width, channels] float, must
 * not overlap x.
 * Scratch: none. Cost: six multiplications per element of y. */
#include "mote_kernels_f32.h"

void mote_resize_bilinear_f32(const mote_resize_float *layer, const float *x, float *y)
{
    const uint32_t channels = layer->channels, x_row = layer->x_width * channels;
    for (uint32_t b = 0; b < layer->batches; b++) {
        for (uint32_t i = 0; i < layer->y_height; i++) {
            const float down = layer->row_weights[i], up = 1.0f - down;
            const float *row = x + (uint32_t)layer->rows[i] * x_row;
            const uint32_t below = down > 0.0f ? x_row : 0;
            for (uint32_t j = 0; j < layer->y_width; j++) {
                const float right = layer->column_weights[j], left = 1.0f - right;
                const float *cell = row + (uint32_t)layer->columns[j] * channels;
                const float *beside = cell + (right > 0.0f ? channels : 0);
                for (uint32_t c = channels; c > 0; c--) {
                    const float first = cell[0] * up + cell[below] * down;
                    const float second = beside[0] * up + beside[below] * down;
                    *y++ = first * left + second * right;
                    cell++;
                    beside++;
                }
            }
        }
        x += layer->x_height * x_row;
    }
}
