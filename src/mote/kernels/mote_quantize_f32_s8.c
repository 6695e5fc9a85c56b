/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = clamp(round(x[i] / y_scale) + y_zero), the quotient in float32, halves away from zero
 *
 * Infinities saturate; NaN becomes -128.
 * x: [elements] float. y: [elements] int8, may start where x does or below it.
 * Scratch: none. Cost: one division per element. */
#include "mote_kernels.h"
#include "mote_quantize.h"

void mote_quantize_f32_s8(const mote_quantize *layer, const float *x, int8_t *y)
{
    const float scale = layer->y_scale;
    const int32_t zero = layer->y_zero;
    for (uint32_t n = layer->elements; n > 0; n--) {
        *y++ = (int8_t)(mote_round_saturated(*x++ / scale, -128 - zero, 127 - zero) + zero);
    }
}
