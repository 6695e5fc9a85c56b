/* SPDX-License-Identifier: Apache-2.0
 *
 * The products of float32 matrices, of two activations or of one and a constant.
 *
 * y[b,c,m,n] = clamp(sum_k x0[b,c,m,k] * x1[b,c,k,n])
 *
 * x0: [.., rows, depth], x1: [.., depth, columns] or transposed, as its steps say; an operand repeats along
 * the leading dimensions in which its step is 0. y: [batches.., rows, columns]. */
#ifndef MOTE_MAT_MUL_F32_H
#define MOTE_MAT_MUL_F32_H

#include "mote_dot_f32.h"
#include "mote_kernels_f32.h"

static inline float mote_dot_at_steps(const mote_mat_mul_float *p, const float *x0, const float *x1)
{
    const uint32_t step = p->x1_row;
    float sum = 0.0f;
    if (step == 1) {
        return mote_dot_f32(x0, x1, p->depth);
    }
    for (const float *end = x0 + p->depth; x0 != end; x1 += step) {
        sum += *x0++ * *x1;
    }
    return sum;
}

static inline void mote_mat_mul_all(const mote_mat_mul_float *layer, const float *x0, const float *x1,
                                    float *y)
{
    for (uint32_t b = 0; b < layer->batches[0]; b++) {
        for (uint32_t c = 0; c < layer->batches[1]; c++) {
            const float *row = x0 + b * layer->x0_step[0] + c * layer->x0_step[1];
            const float *matrix = x1 + b * layer->x1_step[0] + c * layer->x1_step[1];
            for (uint32_t m = 0; m < layer->rows; m++, row += layer->depth) {
                for (uint32_t n = 0; n < layer->columns; n++) {
                    const float sum = mote_dot_at_steps(layer, row, matrix + n * layer->x1_column);
                    *y++ = mote_clamp_f32(sum, layer->y_min, layer->y_max);
                }
            }
        }
    }
}

#endif
