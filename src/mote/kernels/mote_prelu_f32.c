/* SPDX-License-Identifier: Apache-2.0
 *
 * y = x where x >= 0, else alpha * x; alpha repeats as its steps say, see mote_broadcast.h.
 *
 * x, y: [size] float; y may be x.
 * Scratch: none. Cost: one multiplication per element. */
#include "mote_broadcast.h"
#include "mote_kernels_f32.h"

static inline float prelu(const mote_prelu_float *p, float x, float alpha)
{
    (void)p;
    return x >= 0.0f ? x : alpha * x;
}

void mote_prelu_f32(const mote_prelu_float *layer, const float *x, float *y)
{
    const mote_prelu_float p = *layer; /* y may alias the struct in the compiler's eyes */
    MOTE_BROADCAST(float, prelu, &p, x, p.alpha, y)
}
