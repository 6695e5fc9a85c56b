/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = clamp(requantize(x[i])) with one multiplier from zero up and one below it: clamps, leaky relu, abs
 * and negation; a multiplier may be negative. Double rounding.
 *
 * x, y: [elements] int16; y may be x or start below it.
 * Scratch: none. Cost: one multiplication per element.
 * No overflow: |x| * 2^max(-right, 0) < 2^31, checked for every layer at compile time. */
#include "mote_kernels.h"
#include "mote_requantize.h"

void mote_straight_s16(const mote_straight *layer, const int16_t *x, int16_t *y)
{
    const mote_straight p = *layer; /* y may alias the struct in the compiler's eyes */
    for (uint32_t n = p.elements; n > 0; n--) {
        const int32_t value = *x++;
        const int is_below = value < 0;
        const int32_t scaled =
            mote_requantize_double(value, p.multiplier[is_below], p.right[is_below]);
        *y++ = mote_clamp_s16(is_below & p.mirrored ? -scaled : scaled, p.y_min, p.y_max);
    }
}
