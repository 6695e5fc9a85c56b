/* SPDX-License-Identifier: Apache-2.0
 *
 * y[r,i] = x[r,i] * factor[i] + offset[i]
 *
 * x, y: [rows, columns] float; y may be x or start below it.
 * Scratch: none. Cost: one multiplication and addition per element. */
#include "mote_kernels_f32.h"

void mote_batch_norm_f32(const mote_batch_norm_float *layer, const float *x, float *y)
{
    for (uint32_t r = layer->rows; r > 0; r--) {
        for (uint32_t i = 0; i < layer->columns; i++) {
            *y++ = *x++ * layer->factor[i] + layer->offset[i];
        }
    }
}
