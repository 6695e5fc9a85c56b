/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = clamp(requantize(x[i] - x_zero) + y_zero), double rounding
 *
 * x: [elements] int16. y: [elements] int16, may be x or start below it.
 * Scratch: none. Cost: one requantisation per element.
 * No overflow: |x - x_zero| * 2^max(-right, 0) < 2^31, checked for every layer at compile time. */
#include "mote_kernels.h"
#include "mote_requantize.h"

void mote_quantize_s16_s16(const mote_rescale *layer, const int16_t *x, int16_t *y)
{
    const int32_t multiplier = layer->multiplier, right = layer->right;
    const int32_t x_zero = layer->x_zero, y_zero = layer->y_zero;
    for (uint32_t n = layer->elements; n > 0; n--) {
        const int32_t scaled = mote_requantize_double(*x++ - x_zero, multiplier, right);
        *y++ = mote_clamp_s16(scaled + y_zero, -32768, 32767);
    }
}
