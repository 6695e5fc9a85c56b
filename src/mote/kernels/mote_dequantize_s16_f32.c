/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = x_scale * (x[i] - x_zero), rounded once to float32
 *
 * x: [elements] int16. y: [elements] float, must not overlap x.
 * Scratch: none. Cost: one multiplication per element. */
#include "mote_kernels.h"

void mote_dequantize_s16_f32(const mote_dequantize *layer, const int16_t *x, float *y)
{
    const float scale = layer->x_scale;
    const int32_t zero = layer->x_zero;
    for (uint32_t n = layer->elements; n > 0; n--) {
        *y++ = scale * (float)(*x++ - zero);
    }
}
