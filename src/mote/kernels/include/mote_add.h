/* SPDX-License-Identifier: Apache-2.0
 *
 * The general int8 addition, shared by mote_add_broadcast_s8 and mote_add_constant_s8.
 *
 * y = clamp(y_zero + scale_y(scale_0((x0 - x0_zero) << 20) + scale_1((x1 - x1_zero) << 20)))
 *
 * where each scale is a double-rounded requantisation with a multiplier of at most 1/2 (operands).
 * Source: TFLite's int8 ADD.
 *
 * No overflow: |x - x_zero| <= 255, so each scaled operand is at most 255 * 2^19 and their sum at
 * most 255 * 2^20 < 2^28; the scaled sum is bounded by the lowering of the layer. */
#ifndef MOTE_ADD_H
#define MOTE_ADD_H

#include "mote_kernels.h"
#include "mote_requantize.h"

static inline int8_t mote_add_exactly(const mote_add_general *layer, int8_t x0, int8_t x1)
{
    int32_t a = (x0 - layer->x0_zero) * (1 << 20);
    int32_t b = (x1 - layer->x1_zero) * (1 << 20);
    int32_t sum = mote_requantize_double(a, layer->x0_multiplier, layer->x0_right) +
                  mote_requantize_double(b, layer->x1_multiplier, layer->x1_right);
    sum = mote_requantize_double(sum, layer->y_multiplier, layer->y_right) + layer->y_zero;
    return mote_clamp_s8(sum, layer->y_min, layer->y_max);
}

static inline void mote_add_all(const mote_add_general *layer, const int8_t *x0, const int8_t *x1,
                                int8_t *y)
{
    const mote_add_general p = *layer; /* y may alias the struct in the compiler's eyes */
    for (uint32_t i = 0; i < p.size[0]; i++) {
        for (uint32_t j = 0; j < p.size[1]; j++) {
            for (uint32_t k = 0; k < p.size[2]; k++) {
                const int8_t *a = x0 + i * p.x0_step[0] + j * p.x0_step[1] + k * p.x0_step[2];
                const int8_t *b = x1 + i * p.x1_step[0] + j * p.x1_step[1] + k * p.x1_step[2];
                for (uint32_t n = p.size[3]; n > 0; n--) {
                    *y++ = mote_add_exactly(&p, *a, *b);
                    a += p.x0_step[3];
                    b += p.x1_step[3];
                }
            }
        }
    }
}

#endif
