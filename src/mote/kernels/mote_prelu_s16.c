/* SPDX-License-Identifier: Apache-2.0
 *
 * y = clamp(requantize(x)) where x >= 0, else y = clamp(requantize(x * alpha)), each with its own
 * multiplier; all zero points are 0.
 *
 * alpha repeats as steps say, see mote_broadcast.h. Double rounding.
 * x, y: [size] int16; y may be x.
 * Scratch: none. Cost: two multiplications per element.
 * No overflow: 2^30 * 2^max(-alpha_right, 0) and 2^15 * 2^max(-right, 0) are below 2^31, checked for every
 * layer at compile time. */
#include "mote_broadcast.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

static inline int16_t prelu(const mote_prelu_int16 *p, int16_t x, int16_t alpha)
{
    int32_t value = x;
    if (value >= 0) {
        value = mote_requantize_double(value, p->multiplier, p->right);
    } else {
        value = mote_requantize_double(value * alpha, p->alpha_multiplier, p->alpha_right);
    }
    return mote_clamp_s16(value, -32768, 32767);
}

void mote_prelu_s16(const mote_prelu_int16 *layer, const int16_t *x, int16_t *y)
{
    const mote_prelu_int16 p = *layer; /* y may alias the struct in the compiler's eyes */
    MOTE_BROADCAST(int16_t, prelu, &p, x, p.alpha, y)
}
