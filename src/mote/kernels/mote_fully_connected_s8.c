/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,o] = clamp(requantize(bias[o] + sum_i x[n,i] * weights[o,i]) + y_zero)
 *
 * x: [batches, inputs].  y: [batches, outputs], must not overlap x.  Scratch: none.
 * No overflow: |acc| <= 128 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time. */
#include "mote_kernels.h"
#include "mote_requantize.h"

void mote_fully_connected_s8(const mote_fully_connected *layer, const int8_t *x, int8_t *y)
{
    for (uint32_t n = 0; n < layer->batches; n++) {
        const int8_t *w = layer->weights;
        for (uint32_t o = 0; o < layer->outputs; o++) {
            uint32_t channel = layer->per_channel ? o : 0u;
            int right = mote_right_shift(layer->shift, layer->shift_base, layer->shift_bits, channel);
            int32_t acc = layer->bias[o];
            for (uint32_t i = 0; i < layer->inputs; i++)
                acc += x[i] * *w++;
            acc = mote_requantize(acc, layer->multiplier[channel], right, layer->double_rounding);
            *y++ = mote_clamp_s8(acc + layer->y_zero, layer->y_min, layer->y_max);
        }
        x += layer->inputs;
    }
}
