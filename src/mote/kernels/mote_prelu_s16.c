/* SPDX-License-Identifier: Apache-2.0
 *
 * y = clamp(requantize(x)) where x >= 0, else y = clamp(requantize(x * alpha)), each with its own
 * multiplier; all zero points are 0.
 *
 * alpha repeats as steps say, see mote_broadcast.h. Double rounding.
 * x, y: [size] int16; y may be x or start below it.
 * Scratch: none. Cost: two multiplications per element.
 * No overflow: 2^30 * 2^max(-alpha_right, 0) and 2^15 * 2^max(-right, 0) are below 2^31, checked for every
 * layer at compile time. */
#include "mote_broadcast.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

static inline void prelu_row(const mote_prelu_int16 *p, const int16_t *x, const int16_t *alpha,
                             uint32_t n, int16_t *y)
{
    const int32_t multiplier = p->multiplier, alpha_multiplier = p->alpha_multiplier;
    const int right = p->right, alpha_right = p->alpha_right;
    const uint32_t x_step = p->x0_step[3], alpha_step = p->x1_step[3];
    for (; n > 0; n--, x += x_step, alpha += alpha_step) {
        int32_t value = *x;
        if (value >= 0)
            value = mote_requantize_double(value, multiplier, right);
        else
            value = mote_requantize_double(value * *alpha, alpha_multiplier, alpha_right);
        *y++ = mote_clamp_s16(value, -32768, 32767);
    }
}

void mote_prelu_s16(const mote_prelu_int16 *layer, const int16_t *x, int16_t *y)
{
    MOTE_BROADCAST(prelu_row, layer, x, layer->alpha, y)
}
