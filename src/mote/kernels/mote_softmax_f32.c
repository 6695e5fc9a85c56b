/* SPDX-License-Identifier: Apache-2.0
 *
 * y[r,i] = exp(beta * (x[r,i] - max)) / sum over i of the same; mote_exp.h computes the exponentials.
 *
 * x, y: [rows, columns] float; y may be x or start below it.
 * Scratch: none. Cost: one exponential per element, one division per row. */
#include "mote_exp.h"
#include "mote_kernels_f32.h"

void mote_softmax_f32(const mote_softmax_float *layer, const float *x, float *y)
{
    const uint32_t columns = layer->columns;
    const float beta = layer->beta;
    for (uint32_t r = layer->rows; r > 0; r--) {
        float largest = x[0], sum = 0.0f, inverse;
        for (uint32_t i = 1; i < columns; i++) {
            largest = x[i] > largest ? x[i] : largest;
        }
        for (uint32_t i = 0; i < columns; i++) {
            y[i] = mote_exp(beta * (x[i] - largest));
            sum += y[i];
        }
        inverse = 1.0f / sum;
        for (uint32_t i = 0; i < columns; i++) {
            y[i] *= inverse;
        }
        x += columns;
        y += columns;
    }
}
