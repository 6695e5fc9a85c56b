/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,o] = clamp(bias[o] + sum_i x[n,i] * weights[o,i])
 *
 * x: [batches, inputs] float. y: [batches, outputs] float, must not overlap x.
 * Scratch: none. Cost: one multiplication and addition per weight and sample. */
#include "mote_dot_f32.h"
#include "mote_kernels_f32.h"

void mote_fully_connected_f32(const mote_fully_connected_float *layer, const float *x, float *y)
{
    const int32_t inputs = layer->inputs, outputs = layer->outputs;
    for (int32_t n = layer->batches; n > 0; n--, x += inputs) {
        const float *w = layer->weights;
        for (int32_t o = 0; o < outputs; o++, w += inputs) {
            const float sum = layer->bias[o] + mote_dot_f32(x, w, inputs);
            *y++ = mote_clamp_f32(sum, layer->y_min, layer->y_max);
        }
    }
}
