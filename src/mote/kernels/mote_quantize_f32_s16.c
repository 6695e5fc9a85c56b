/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = clamp(round(x[i] / y_scale)), the quotient in float32, halves away from zero
 *
 * Infinities saturate; NaN becomes -32768. The zero point of int16 is 0.
 * x: [elements] float. y: [elements] int16, must not overlap x.
 * Scratch: none. Cost: one division per element. */
#include "mote_kernels.h"
#include "mote_quantize.h"

void mote_quantize_f32_s16(const mote_quantize *layer, const float *x, int16_t *y)
{
    const float scale = layer->y_scale;
    for (uint32_t n = layer->elements; n > 0; n--) {
        *y++ = (int16_t)mote_round_saturated(*x++ / scale, -32768, 32767);
    }
}
