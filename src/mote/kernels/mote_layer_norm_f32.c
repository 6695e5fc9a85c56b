/* SPDX-License-Identifier: Apache-2.0
 *
 * y[r,i] = (x[r,i] - mean) / sqrt(variance + epsilon) * gamma[i] + beta[i], with the mean of row r and the
 * mean of its squared distances from that; mote_sqrt.h computes the root.
 *
 * x, y: [rows, columns] float; y may be x or start below it.
 * Scratch: none. Cost: three passes, two multiplications per element, one root per row. */
#include "mote_kernels_f32.h"
#include "mote_sqrt.h"

void mote_layer_norm_f32(const mote_layer_norm_float *layer, const float *x, float *y)
{
    const uint32_t columns = layer->columns;
    const float count = (float)columns;
    for (uint32_t r = layer->rows; r > 0; r--) {
        float sum = 0.0f, squares = 0.0f, mean, inverse;
        for (uint32_t i = 0; i < columns; i++) {
            sum += x[i];
        }
        mean = sum / count;
        for (uint32_t i = 0; i < columns; i++) {
            squares += (x[i] - mean) * (x[i] - mean);
        }
        inverse = 1.0f / mote_sqrt(squares / count + layer->epsilon);
        for (uint32_t i = 0; i < columns; i++) {
            y[i] = (x[i] - mean) * inverse * layer->gamma[i] + layer->beta[i];
        }
        x += columns;
        y += columns;
    }
}
