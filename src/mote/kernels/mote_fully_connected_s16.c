/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,o] = clamp(requantize(bias[o] + sum_i x[n,i] * weights[o,i])), int16
 *
 * x: [batches, inputs].  y: [batches, outputs], must not overlap x.
 * weights: int8, or with weight_bits 4 two in a byte, the first in the low half; then each output starts a
 * byte.
 * Scratch: with weight_bits 4, inputs bytes; else none.
 * No overflow: sums of at most 511 products in 32 bits, all of them in 64; see mote_sums_s16.h. */
#include "mote_sums_s16.h"
#include "mote_unpack_s4.h"

void mote_fully_connected_s16(const mote_fully_connected_16x8 *layer, const int16_t *x, int16_t *y,
                              void *scratch)
{
    const mote_output_s16 output = MOTE_OUTPUT_S16(layer);
    const int32_t inputs = layer->inputs, outputs = layer->outputs;
    const int32_t bytes = layer->weight_bits == 4 ? (inputs + 1) / 2 : inputs;

    for (int32_t o = 0; o < outputs; o++) {
        const int8_t *weights = layer->weights + o * bytes;
        if (layer->weight_bits == 4) {
            mote_unpack_s4(scratch, weights, (uint32_t)inputs);
            weights = scratch;
        }
        for (int32_t n = 0; n < layer->batches; n++) {
            const int64_t sum = layer->bias[o] + mote_dot_s16(x + n * inputs, weights, inputs);
            y[n * outputs + o] = mote_put_s16(&output, sum, o);
        }
    }
}
