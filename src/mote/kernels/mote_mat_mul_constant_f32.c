/* SPDX-License-Identifier: Apache-2.0
 *
 * y = clamp(x times constant), or clamp(constant times x) when constant_first, matrix by matrix; formula and
 * shapes are in mote_mat_mul_f32.h.
 *
 * y must not overlap x.
 * Scratch: none. Cost: depth multiplications and additions per element of y. */
#include "mote_mat_mul_f32.h"

void mote_mat_mul_constant_f32(const mote_mat_mul_float *layer, const float *x, float *y)
{
    if (layer->constant_first) {
        mote_mat_mul_all(layer, layer->constant, x, y);
    } else {
        mote_mat_mul_all(layer, x, layer->constant, y);
    }
}
