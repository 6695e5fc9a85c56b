/* SPDX-License-Identifier: Apache-2.0
 *
 * y[c] = clamp(y_zero + requantize(offset + sum)), double rounding, over all cells of a plane; the loops are
 * in mote_plane_sums.h.
 *
 * x: [part, channels] int16, the cells of this call. y: [channels] int16, must not overlap x; the last call
 * writes it. Zero points are 0; the multiplier has 1 / cells folded in.
 * State: [channels] int32, unless one call gets all cells. Scratch: none.
 * Cost: one addition per element of x.
 * No overflow: 2^15 * cells * 2^max(-right, 0) < 2^31, checked for every layer at compile time. */
#define MOTE_ELEMENT int16_t
#define MOTE_SUM int32_t
#include "mote_kernels.h"
#include "mote_plane_sums.h"
#include "mote_requantize.h"

static inline int16_t finish(const mote_global_mean *layer, int32_t sum)
{
    sum = mote_requantize_double(sum + layer->offset, layer->multiplier, layer->right);
    return mote_clamp_s16(sum + layer->y_zero, -32768, 32767);
}

void mote_global_mean_s16(const mote_global_mean *layer, const int16_t *x, int16_t *y, void *state,
                         uint32_t call)
{
    MOTE_SUM_PLANE(finish, layer, layer, x, y, state, call)
}
