/* SPDX-License-Identifier: Apache-2.0
 *
 * y = clamp(requantize(x - x_zero) + y_zero) where x >= x_zero, else
 * y = clamp(requantize((x - x_zero) * (alpha - alpha_zero)) + y_zero), each with its own multiplier.
 *
 * alpha repeats as steps say, see mote_broadcast.h. Double rounding.
 * x, y: [size] int8; y may be x or start below it.
 * Scratch: none. Cost: two multiplications per element.
 * No overflow: 255 * 255 * 2^max(-right, 0) < 2^31, checked for every layer at compile time. */
#include "mote_broadcast.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

static inline void prelu_row(const mote_prelu *p, const int8_t *x, const int8_t *alpha, uint32_t n,
                             int8_t *y)
{
    const int32_t x_zero = p->x_zero, alpha_zero = p->alpha_zero, y_zero = p->y_zero;
    const int32_t multiplier = p->multiplier, alpha_multiplier = p->alpha_multiplier;
    const int right = p->right, alpha_right = p->alpha_right;
    const uint32_t x_step = p->x0_step[3], alpha_step = p->x1_step[3];
    for (; n > 0; n--, x += x_step, alpha += alpha_step) {
        int32_t value = *x - x_zero;
        if (value >= 0)
            value = mote_requantize_double(value, multiplier, right);
        else
            value = mote_requantize_double(value * (*alpha - alpha_zero), alpha_multiplier, alpha_right);
        *y++ = mote_clamp_s8(value + y_zero, -128, 127);
    }
}

void mote_prelu_s8(const mote_prelu *layer, const int8_t *x, int8_t *y)
{
    MOTE_BROADCAST(prelu_row, layer, x, layer->alpha, y)
}
