/* SPDX-License-Identifier: Apache-2.0
 *
 * y[b,c,m,n] = clamp(requantize(sum_k (x0[b,c,m,k] - x0_zero) * (x1[b,c,k,n] - x1_zero)) + y_zero)
 *
 * x0: [.., rows, depth], x1: [.., depth, columns] or transposed, as its steps say; an operand repeats along
 * the leading dimensions in which its step is 0.  y: [batches.., rows, columns], must not overlap x0 or x1.
 * Scratch: none.
 * No overflow: |acc| <= 255 * 255 * depth < 2^31, checked at compile time. */
#include "mote_kernels.h"
#include "mote_requantize.h"

static int32_t dot(const mote_mat_mul *layer, const int8_t *x0, const int8_t *x1)
{
    const int32_t x0_zero = layer->x0_zero, x1_zero = layer->x1_zero;
    const uint32_t step = layer->x1_row;
    int32_t sum = 0;
    for (const int8_t *end = x0 + layer->depth; x0 != end; x1 += step)
        sum += (*x0++ - x0_zero) * (*x1 - x1_zero);
    return sum;
}

void mote_mat_mul_s8(const mote_mat_mul *layer, const int8_t *x0, const int8_t *x1, int8_t *y)
{
    for (uint32_t b = 0; b < layer->batches[0]; b++) {
        for (uint32_t c = 0; c < layer->batches[1]; c++) {
            const int8_t *row = x0 + b * layer->x0_step[0] + c * layer->x0_step[1];
            const int8_t *matrix = x1 + b * layer->x1_step[0] + c * layer->x1_step[1];
            for (uint32_t m = 0; m < layer->rows; m++, row += layer->depth) {
                for (uint32_t n = 0; n < layer->columns; n++) {
                    const int32_t sum = dot(layer, row, matrix + n * layer->x1_column);
                    const int32_t value = mote_requantize_double(sum, layer->multiplier, layer->right);
                    *y++ = mote_clamp_s8(value + layer->y_zero, layer->y_min, layer->y_max);
                }
            }
        }
    }
}
