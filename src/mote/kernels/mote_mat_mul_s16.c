/* SPDX-License-Identifier: Apache-2.0
 *
 * y[b,c,m,n] = clamp(requantize(sum_k x0[b,c,m,k] * x1[b,c,k,n]))
 *
 * x0: [.., rows, depth], x1: [.., depth, columns] or transposed, as its steps say; an operand repeats along
 * the leading dimensions in which its step is 0.  y: [batches.., rows, columns], must not overlap x0 or x1.
 * Scratch: none.
 * No overflow: |acc| <= 2^30 * depth < 2^46, times a multiplier of 15 bits. */
#include "mote_kernels.h"

static int64_t dot(const mote_mat_mul *layer, const int16_t *x0, const int16_t *x1)
{
    const uint32_t step = layer->x1_row;
    int64_t sum = 0;
    for (const int16_t *end = x0 + layer->depth; x0 != end; x1 += step)
        sum += *x0++ * *x1;
    return sum;
}

void mote_mat_mul_s16(const mote_mat_mul *layer, const int16_t *x0, const int16_t *x1, int16_t *y)
{
    const int64_t half = (int64_t)1 << (layer->right - 1);
    for (uint32_t b = 0; b < layer->batches[0]; b++) {
        for (uint32_t c = 0; c < layer->batches[1]; c++) {
            const int16_t *row = x0 + b * layer->x0_step[0] + c * layer->x0_step[1];
            const int16_t *matrix = x1 + b * layer->x1_step[0] + c * layer->x1_step[1];
            for (uint32_t m = 0; m < layer->rows; m++, row += layer->depth) {
                for (uint32_t n = 0; n < layer->columns; n++) {
                    int64_t value = dot(layer, row, matrix + n * layer->x1_column);
                    value = (value * layer->multiplier + half) >> layer->right;
                    if (value > layer->y_max)
                        value = layer->y_max;
                    *y++ = (int16_t)(value < layer->y_min ? layer->y_min : value);
                }
            }
        }
    }
}
