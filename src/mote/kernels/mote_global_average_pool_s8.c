/* SPDX-License-Identifier: Apache-2.0
 *
 * y[c] = clamp(sum / cells, halves away from zero) over all cells of a plane; the loops are in
 * mote_plane_sums.h.
 *
 * x: [part, channels] int8, the cells of this call. y: [channels] int8, must not overlap x; the last call
 * writes it.
 * State: [channels] int32, unless one call gets all cells. Scratch: none.
 * Cost: one addition per element of x; one division in all (int16: one per channel).
 * No overflow: 129 * cells < 2^31, checked for every layer at compile time. */
#define MOTE_ELEMENT int8_t
#define MOTE_SUM int32_t
#define MOTE_PLANE_BYTES 1
#include "mote_average.h"
#include "mote_kernels.h"
#include "mote_plane_sums.h"
#include "mote_requantize.h"

typedef struct {
    mote_divisor by;
    int32_t low, high;
} rule;

static inline int8_t finish(const rule *how, int32_t sum)
{
    return mote_clamp_s8(mote_average(how->by, sum), how->low, how->high);
}

void mote_global_average_pool_s8(const mote_global_pool *layer, const int8_t *x, int8_t *y, void *state,
                                 uint32_t call)
{
    const rule how = {mote_divisor_s8(layer->cells), layer->y_min, layer->y_max};
    MOTE_SUM_PLANE(finish, &how, layer, x, y, state, call)
}
