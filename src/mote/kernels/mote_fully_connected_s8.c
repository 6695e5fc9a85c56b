/* SPDX-License-Identifier: Apache-2.0
 *
 * y[n,o] = clamp(requantize(bias[o] + sum_i x[n,i] * weights[o,i]) + y_zero)
 *
 * x: [batches, inputs].  y: [batches, outputs], must not overlap x.  Scratch: none.
 * No overflow: |acc| <= 128 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time. */
#include "mote_kernels.h"
#include "mote_output.h"

#ifdef __OPTIMIZE_SIZE__

void mote_fully_connected_s8(const mote_fully_connected *layer, const int8_t *x, int8_t *y)
{
    const mote_output output = MOTE_OUTPUT(layer, layer->per_channel);
    for (uint32_t n = layer->batches; n > 0; n--, x += layer->inputs) {
        const int8_t *w = layer->weights;
        for (uint32_t o = 0; o < layer->outputs; o++) {
            int32_t sum = layer->bias[o];
            for (uint32_t i = 0; i < layer->inputs; i++)
                sum += x[i] * *w++;
            mote_put_outputs(&output, &sum, o, 1, y++);
        }
    }
}

#else

#include "mote_dot_4.h"

void mote_fully_connected_s8(const mote_fully_connected *layer, const int8_t *x, int8_t *y)
{
    const mote_output output = MOTE_OUTPUT(layer, layer->per_channel);
    const uint32_t inputs = layer->inputs, outputs = layer->outputs;
    const uint32_t lanes = outputs < 4 ? 1 : 4;
    mote_dot_4_job job;
    job.run = (int32_t)inputs;
    job.lane = lanes == 1 ? 0 : (int32_t)inputs;

    for (uint32_t n = 0; n < layer->batches; n++) {
        for (uint32_t o = 0; o < outputs; o += lanes) {
            if (o + lanes > outputs)
                o = outputs - lanes; /* some outputs a second time */
            mote_start_sums(job.sum, layer->bias + o, lanes);
            job.x = x;
            job.w = layer->weights + o * inputs;
            job.rows = 1;
            mote_dot_4(&job);
            mote_put_outputs(&output, job.sum, o, lanes, y + o);
        }
        x += inputs;
        y += outputs;
    }
}

#endif
