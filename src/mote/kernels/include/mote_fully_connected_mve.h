/* SPDX-License-Identifier: Apache-2.0
 *
 * Fully connected layers with MVE through mote_dot_mve.h. The kernels mote_fully_connected_s8_mve*.c are this file
 * with one choice of MOTE_SINGLE each.
 *
 * y[n,o] = clamp(requantize(bias[o] + sum_i x[n,i] * weights[o,i]) + y_zero)
 *
 * x: [batches, inputs].  y: [batches, outputs], must not overlap x.  Scratch: none.
 * weights, bias, multiplier and finish are laid out as mote_dot_mve.h says; unless per_channel, multiplier and
 * finish have four equal entries for all outputs. */
#ifndef MOTE_FULLY_CONNECTED_MVE_H
#define MOTE_FULLY_CONNECTED_MVE_H

#include "mote_dot_mve.h"
#include "mote_kernels.h"

static inline void mote_fully_connected_mve(const mote_fully_connected_vectors *layer, const int8_t *x, int8_t *y)
{
    mote_mve_job job;

    mote_set_lanes(&job, layer->y_zero, layer->y_min, layer->y_max);
    job.weights = layer->weights;
    job.bias = layer->bias;
    job.multiplier = layer->multiplier;
    job.finish = layer->finish;
    job.channels = layer->outputs;
    job.taps = layer->inputs;
    job.x = x;
    job.y = y;
    for (uint32_t n = 0; n < layer->batches; n++) {
        if (layer->per_channel)
            mote_mve_channels(&job);
        else
            mote_mve_channels_alike(&job);
        job.x += layer->inputs;
        job.y += layer->outputs;
    }
}

#endif
