/* SPDX-License-Identifier: Apache-2.0
 *
 * Fully connected with SMLAD in as few bytes of code and constants as go.
 *
 * y[n,o] = clamp(line(sum_i x[n,i] * weights[o,i])), with the line of mote_multiply_small.h and one multiplier.
 *
 * x: [batches, inputs].  y: [batches, outputs], must not overlap x.  Scratch: none.
 * No overflow: sums wrap modulo 2^32, and (sum << scale) + bias fits int32, checked at compile time. */
#include "mote_dsp.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

void mote_fully_connected_s8_dsp_small(const mote_fully_connected_small *layer, const int8_t *x, int8_t *y)
{
    const int32_t inputs = layer->inputs;
    for (uint32_t n = layer->batches; n > 0; n--, x += inputs) {
        const int8_t *w = layer->weights;
        for (uint32_t o = 0; o < layer->outputs; o++) {
            int32_t sum = 0, left = inputs - 4;
            for (; left >= 0; left -= 4, x += 4, w += 4) {
                const uint32_t four = mote_read32(x), weights = mote_read32(w);
                sum = mote_smlad(mote_sxtb16(four), mote_sxtb16(weights), sum);
                sum = mote_smlad(mote_sxtb16_ror8(four), mote_sxtb16_ror8(weights), sum);
            }
            for (left += 4; left > 0; left--)
                sum += *x++ * *w++;
            x -= inputs;
            sum = (int32_t)(((uint32_t)sum << layer->scale) + (uint32_t)layer->bias[o]);
            sum = mote_smmla(sum, layer->multiplier, 0) >> layer->shift;
            *y++ = mote_clamp_s8(sum, layer->y_min, layer->y_max);
        }
    }
}
