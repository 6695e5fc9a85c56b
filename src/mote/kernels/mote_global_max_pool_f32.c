/* SPDX-License-Identifier: Apache-2.0
 *
 * y[c] = clamp(max) over all cells of a plane that comes in parts; NaN where a cell is NaN.
 *
 * x: [part, channels] float, the cells of this call. y: [channels] float, must not overlap x; the last call
 * writes it.
 * State: [channels] float, the results so far, unless one call gets all cells. Scratch: none.
 * Cost: two comparisons per element of x. */
#include "mote_dot_f32.h"
#include "mote_kernels_f32.h"

void mote_global_max_pool_f32(const mote_global_pool_float *layer, const float *x, float *y, void *state,
                              uint32_t call)
{
    const uint32_t channels = layer->channels;
    const float *before = state;
    float *after = (call + 1) * layer->part == layer->cells ? y : state;
    for (uint32_t c = 0; c < channels; c++) {
        float largest = call == 0 ? x[c] : before[c];
        const float *cell = x + c;
        for (uint32_t i = layer->part; i > 0; i--) {
            largest = *cell > largest || *cell != *cell ? *cell : largest;
            cell += channels;
        }
        after[c] = mote_clamp_f32(largest, layer->y_min, layer->y_max);
    }
}
