/* SPDX-License-Identifier: Apache-2.0
 *
 * y = clamp(x0 times x1), matrix by matrix; formula and shapes are in mote_mat_mul_f32.h.
 *
 * y must not overlap x0 or x1.
 * Scratch: none. Cost: depth multiplications and additions per element of y. */
#include "mote_mat_mul_f32.h"

void mote_mat_mul_f32(const mote_mat_mul_float *layer, const float *x0, const float *x1, float *y)
{
    mote_mat_mul_all(layer, x0, x1, y);
}
