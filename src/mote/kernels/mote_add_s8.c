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

static inline int32_t sum(const mote_add *p, int8_t x0, int8_t x1)
{
    return (x0 * p->x0_multiplier + x1 * p->x1_multiplier + p->offset) >> p->shift;
}

void mote_add_s8(const mote_add *layer, const int8_t *x0, const int8_t *x1, int8_t *y)
{
    const mote_add p = *layer; /* y may alias the struct in the compiler's eyes */
    uint32_t n;
    if (p.y_min == -128 && p.y_max == 127) { /* one saturating instruction from Armv7-M on */
        for (n = p.elements; n >= 4; n -= 4) {
            y[0] = mote_clamp_s8(sum(&p, x0[0], x1[0]), -128, 127);
            y[1] = mote_clamp_s8(sum(&p, x0[1], x1[1]), -128, 127);
            y[2] = mote_clamp_s8(sum(&p, x0[2], x1[2]), -128, 127);
            y[3] = mote_clamp_s8(sum(&p, x0[3], x1[3]), -128, 127);
            x0 += 4;
            x1 += 4;
            y += 4;
        }
    } else {
        n = p.elements;
    }
    for (; n > 0; n--) {
        *y++ = mote_clamp_s8(sum(&p, *x0++, *x1++), p.y_min, p.y_max);
    }
}
