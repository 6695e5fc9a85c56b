/* SPDX-License-Identifier: Apache-2.0
 *
 * y[c] = clamp(sum / cells) over all cells of a plane, summed in their order; the loops are in
 * mote_plane_sums.h.
 *
 * x: [part, channels] float, the cells of this call. y: [channels] float, must not overlap x; the last call
 * writes it.
 * State: [channels] float, unless one call gets all cells. Scratch: none.
 * Cost: one addition per element of x; one division per channel. */
#define MOTE_ELEMENT float
#define MOTE_SUM float
#include "mote_dot_f32.h"
#include "mote_kernels_f32.h"
#include "mote_plane_sums.h"

static inline float finish(const mote_global_pool_float *layer, float sum)
{
    return mote_clamp_f32(sum / (float)layer->cells, layer->y_min, layer->y_max);
}

void mote_global_average_pool_f32(const mote_global_pool_float *layer, const float *x, float *y, void *state,
                                  uint32_t call)
{
    MOTE_SUM_PLANE(finish, layer, layer, x, y, state, call)
}
