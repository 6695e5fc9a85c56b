/* SPDX-License-Identifier: Apache-2.0
 *
 * y[c] = clamp(y_zero + requantize(offset + sum)), double rounding, over all cells of a plane; the loops are
 * in mote_plane_sums.h.
 *
 * x: [part, channels] int8, the cells of this call. y: [channels] int8, must not overlap x; the last call
 * writes it. offset is -x_zero * cells; the multiplier has 1 / cells folded in.
 * State: [channels] int32, unless one call gets all cells. Scratch: none.
 * Cost: one addition per element of x.
 * No overflow: 255 * cells * 2^max(-right, 0) < 2^31, checked for every layer at compile time. */
#define MOTE_ELEMENT int8_t
#define MOTE_SUM int32_t
#define MOTE_PLANE_BYTES 1
#include "mote_kernels.h"
#include "mote_plane_sums.h"
#include "mote_requantize.h"

static inline int8_t finish(const mote_global_mean *layer, int32_t sum)
{
    sum = mote_requantize_double(sum + layer->offset, layer->multiplier, layer->right);
    return mote_clamp_s8(sum + layer->y_zero, -128, 127);
}

void mote_global_mean_s8(const mote_global_mean *layer, const int8_t *x, int8_t *y, void *state,
                         uint32_t call)
{
    MOTE_SUM_PLANE(finish, layer, layer, x, y, state, call)
}
