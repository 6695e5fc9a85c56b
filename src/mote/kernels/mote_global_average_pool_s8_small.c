/* SPDX-License-Identifier: Apache-2.0
 *
 * y[c] = clamp(sum / cells, halves away from zero) over all cells of a plane, in as few bytes of code as go.
 *
 * x: [part, channels] int8, the cells of this call. y: [channels] int8, must not overlap x; the last call
 * writes it.
 * State: [channels] int32, unless one call gets all cells. Scratch: none.
 * Cost: one addition per element of x; one division per channel.
 * No overflow: 129 * cells < 2^31, checked for every layer at compile time. */
#include "mote_kernels.h"
#include "mote_requantize.h"

void mote_global_average_pool_s8_small(const mote_global_pool *layer, const int8_t *x, int8_t *y, void *state,
                                       uint32_t call)
{
    const int32_t cells = (int32_t)layer->cells, half = cells / 2;
    const int is_last = (call + 1) * layer->part == layer->cells;
    int32_t *sums = state;
    for (uint32_t c = 0; c < layer->channels; c++, x++) {
        int32_t sum = call ? sums[c] : 0;
        for (uint32_t i = 0; i < layer->part; i++)
            sum += x[i * layer->channels];
        if (is_last)
            y[c] = mote_clamp_s8((sum + (sum < 0 ? -half : half)) / cells, layer->y_min, layer->y_max);
        else
            sums[c] = sum;
    }
}
