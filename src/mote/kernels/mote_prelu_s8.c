/* SPDX-License-Identifier: Apache-2.0
 *
 * y = clamp(requantize(x - x_zero) + y_zero) where x >= x_zero, else
 * y = clamp(requantize((x - x_zero) * (alpha - alpha_zero)) + y_zero), each with its own multiplier.
 *
 * alpha repeats as steps say, see mote_broadcast.h. Double rounding.
 * x, y: [size] int8; y may be x.
 * Scratch: none. Cost: two multiplications per element.
 * No overflow: 255 * 255 * 2^max(-right, 0) < 2^31, checked for every layer at compile time. */
#include "mote_broadcast.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

static inline int8_t prelu(const mote_prelu *p, int8_t x, int8_t alpha)
{
    int32_t value = x - p->x_zero;
    if (value >= 0) {
        value = mote_requantize_double(value, p->multiplier, p->right);
    } else {
        value *= alpha - p->alpha_zero;
        value = mote_requantize_double(value, p->alpha_multiplier, p->alpha_right);
    }
    return mote_clamp_s8(value + p->y_zero, -128, 127);
}

void mote_prelu_s8(const mote_prelu *layer, const int8_t *x, int8_t *y)
{
    const mote_prelu p = *layer; /* y may alias the struct in the compiler's eyes */
    MOTE_BROADCAST(int8_t, prelu, &p, x, p.alpha, y)
}
