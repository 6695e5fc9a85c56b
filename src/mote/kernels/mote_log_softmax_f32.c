/* SPDX-License-Identifier: Apache-2.0
 *
 * y[r,i] = x[r,i] - max - log(sum over i of exp(x[r,i] - max)); the functions are in mote_exp.h and
 * mote_log.h.
 *
 * x, y: [rows, columns] float; y may be x or start below it.
 * Scratch: none. Cost: one exponential per element, one logarithm per row. */
#include "mote_exp.h"
#include "mote_kernels_f32.h"
#include "mote_log.h"

void mote_log_softmax_f32(const mote_softmax_float *layer, const float *x, float *y)
{
    const uint32_t columns = layer->columns;
    for (uint32_t r = layer->rows; r > 0; r--) {
        float largest = x[0], sum = 0.0f;
        for (uint32_t i = 1; i < columns; i++) {
            largest = x[i] > largest ? x[i] : largest;
        }
        for (uint32_t i = 0; i < columns; i++) {
            sum += mote_exp(x[i] - largest);
        }
        sum = mote_log(sum);
        for (uint32_t i = 0; i < columns; i++) {
            y[i] = (x[i] - largest) - sum;
        }
        x += columns;
        y += columns;
    }
}
