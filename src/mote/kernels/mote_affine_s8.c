/* SPDX-License-Identifier: Apache-2.0
 *
 * y = clamp((x * multiplier + offset) >> shift), offset at the same index, which repeats: sums and
 * differences with a constant.
 *
 * y: [size] int8, may be x, or start below it, if no dimension repeats x.
 * Scratch: none. Cost: one multiplication per element.
 * Exact: the lowering compares this formula with the reference for all 256 bytes at every element of the
 * constant, and chooses the general kernel for a layer in which one of them differs.
 * No overflow: 128 * |multiplier| + |offset| < 2^31, checked for every layer at compile time. */
#include "mote_broadcast.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

static inline void affine_row(const mote_affine *layer, const int8_t *a, const int32_t *offset,
                              uint32_t n, int8_t *y)
{
    const uint32_t x_step = layer->x0_step[3], step = layer->x1_step[3];
    const int32_t multiplier = layer->multiplier;
    const int32_t low = layer->y_min, high = layer->y_max;
    const int shift = layer->shift;
    for (; n > 0; n--) {
        *y++ = mote_clamp_s8((*a * multiplier + *offset) >> shift, low, high);
        a += x_step;
        offset += step;
    }
}

void mote_affine_s8(const mote_affine *layer, const int8_t *x, int8_t *y)
{
    MOTE_BROADCAST(affine_row, layer, x, layer->offset, y)
}
