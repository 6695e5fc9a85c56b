/* SPDX-License-Identifier: Apache-2.0
 *
 * y[c] = clamp(max) over all cells of a plane that comes in parts.
 *
 * x: [part, channels] int16, the cells of this call. y: [channels] int16, must not overlap x; the last call
 * writes it.
 * State: [channels] int16, the results so far, unless one call gets all cells. Scratch: none.
 * Cost: one comparison per element of x. */
#include "mote_kernels.h"

void mote_global_max_pool_s16(const mote_global_pool *layer, const int16_t *x, int16_t *y, void *state,
                             uint32_t call)
{
    const uint32_t channels = layer->channels;
    const int32_t low = layer->y_min, high = layer->y_max;
    const int16_t *before = state;
    int16_t *after = (call + 1) * layer->part == layer->cells ? y : state;
    for (uint32_t c = 0; c < channels; c++) {
        int32_t largest = call == 0 ? low : before[c];
        const int16_t *cell = x + c;
        for (uint32_t i = layer->part; i > 0; i--) {
            largest = *cell > largest ? *cell : largest;
            cell += channels;
        }
        after[c] = (int16_t)(largest > high ? high : largest);
    }
}
