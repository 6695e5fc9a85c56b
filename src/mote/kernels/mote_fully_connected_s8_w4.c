/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,o] = clamp(requantize(bias[o] + sum_i x[n,i] * weights[o,i]) + y_zero)
 *
 * x: [batches, inputs].  y: [batches, outputs], must not overlap x.
 * weights: two 4-bit ones in a byte, the first in the low half; each output starts a byte.
 * Scratch: inputs bytes for each of 4 outputs, or of one when there are fewer than 4.
 * No overflow: |acc| <= 128 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time. */
#include "mote_dot_4.h"
#include "mote_kernels.h"
#include "mote_output.h"
#include "mote_unpack_s4.h"

void mote_fully_connected_s8_w4(const mote_fully_connected *layer, const int8_t *x, int8_t *y, void *scratch)
{
    const mote_output output = MOTE_OUTPUT(layer, layer->per_channel);
    const uint32_t inputs = layer->inputs, outputs = layer->outputs;
    const uint32_t lanes = outputs < 4 ? 1 : 4, bytes = (inputs + 1) / 2;
    int8_t *const rows = scratch;
    mote_dot_4_job job;
    job.run = (int32_t)inputs;
    job.lane = lanes == 1 ? 0 : (int32_t)inputs;

    for (uint32_t o = 0; o < outputs; o += lanes) {
        if (o + lanes > outputs)
            o = outputs - lanes; /* some outputs a second time */
        for (uint32_t i = 0; i < lanes; i++)
            mote_unpack_s4(rows + i * inputs, layer->weights + (o + i) * bytes, inputs);
        for (uint32_t n = 0; n < layer->batches; n++) {
            mote_start_sums(job.sum, layer->bias + o, lanes);
            job.x = x + n * inputs;
            job.w = rows;
            job.rows = 1;
            mote_dot_4(&job);
            mote_put_outputs(&output, job.sum, o, lanes, y + n * outputs + o);
        }
    }
}
