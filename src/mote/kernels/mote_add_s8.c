/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = clamp((x0[i] * x0_multiplier + x1[i] * x1_multiplier + offset) >> shift)
 *
 * x0, x1, y: [elements] int8. y may be x0 or x1.
 * Scratch: none. Cost: two multiplications per element.
 * Exact: the lowering compares this formula with the reference for all 65,536 pairs of bytes, and
 * chooses mote_add_broadcast_s8 for a layer in which one of them differs.
 * No overflow: 128 * (x0_multiplier + x1_multiplier) + |offset| < 2^31, checked for every layer at
 * compile time. */
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_saturate.h"

void mote_add_s8(const mote_add *layer, const int8_t *x0, const int8_t *x1, int8_t *y)
{
    const int32_t m0 = layer->x0_multiplier, m1 = layer->x1_multiplier, offset = layer->offset;
    const int32_t low = layer->y_min, high = layer->y_max;
    const int shift = layer->shift;
    uint32_t n = layer->elements;
    if (low == -128 && high == 127) {
        for (; n >= 4; n -= 4) {
            y[0] = mote_saturate_s8((x1[0] * m1 + (x0[0] * m0 + offset)) >> shift);
            y[1] = mote_saturate_s8((x1[1] * m1 + (x0[1] * m0 + offset)) >> shift);
            y[2] = mote_saturate_s8((x1[2] * m1 + (x0[2] * m0 + offset)) >> shift);
            y[3] = mote_saturate_s8((x1[3] * m1 + (x0[3] * m0 + offset)) >> shift);
            x0 += 4;
            x1 += 4;
            y += 4;
        }
    }
    for (; n > 0; n--) {
        *y++ = mote_clamp_s8((*x1++ * m1 + (*x0++ * m0 + offset)) >> shift, low, high);
    }
}
