/* SPDX-License-Identifier: Apache-2.0
 *
 * y = x where x >= 0, else alpha * x; alpha repeats as its steps say, see mote_broadcast.h.
 *
 * x, y: [size] float; y may be x or start below it.
 * Scratch: none. Cost: one multiplication per element. */
#include "mote_broadcast.h"
#include "mote_kernels_f32.h"

static inline void prelu_row(const mote_prelu_float *layer, const float *x, const float *alpha, uint32_t n,
                             float *y)
{
    const uint32_t step = layer->x0_step[3], alpha_step = layer->x1_step[3];
    for (; n > 0; n--) {
        *y++ = *x >= 0.0f ? *x : *alpha * *x;
        x += step;
        alpha += alpha_step;
    }
}

void mote_prelu_f32(const mote_prelu_float *layer, const float *x, float *y)
{
    MOTE_BROADCAST(prelu_row, layer, x, layer->alpha, y)
}
