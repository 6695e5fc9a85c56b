/* SPDX-License-Identifier: Apache-2.0
 *
 * Layer norm in integers. With n = columns, S the sum of a row and Q the sum of its squares:
 *
 * y[r,c] = clamp(((normal * gamma[c] >> 31) + beta[c] + half) >> right) + y_zero
 * normal = (n * x[r,c] - S) / sqrt(W) in Q(root_bits+1).(30-root_bits)
 * W = ((n * Q - S * S) << fraction_bits) + epsilon
 *
 * No overflow, checked for every layer at compile time: |n * x - S| < 2^31 and W < 2^63, as n < 2^16 for
 * int8 and 2^15 for int16. As |n * x - S| <= sqrt(n - 1) * sqrt(n * Q - S * S), the scaled distance is below
 * 2^31, normal below 2^30, and the rest as gamma and beta bound it. */
#ifndef MOTE_LAYER_NORM_H
#define MOTE_LAYER_NORM_H

#include "mote_kernels.h"
#include "mote_requantize.h"

/* The factor of a row's distances: inverse in Q0.31 after a shift, left if not negative. */
typedef struct {
    int32_t inverse;
    int left;
} mote_row_scale;

static inline uint32_t mote_high_bits(uint32_t a, uint32_t b, int right)
{
    return (uint32_t)(((uint64_t)a * b) >> right);
}

/* 1 / sqrt(a) in Q0.31 for a in [1, 4) in Q2.30: four Newton steps from a line. */
static inline int32_t mote_inverse_root(uint32_t a)
{
    uint32_t root = 2290062345u - mote_high_bits(a, 1308641340u, 32);
    for (int step = 0; step < 4; step++) {
        const uint32_t product = mote_high_bits(a, mote_high_bits(root, root, 31), 31);
        root = mote_high_bits(root, (3u << 30) - product, 31);
        root = root > INT32_MAX ? INT32_MAX : root;
    }
    return (int32_t)root;
}

static inline mote_row_scale mote_scale_of_row(const mote_layer_norm *p, int32_t sum, uint64_t squares)
{
    mote_row_scale scale;
    uint64_t w = p->columns * squares - (uint64_t)((int64_t)sum * sum);
    w = (w << p->fraction_bits) + p->epsilon;
    w = w ? w : 1;
    scale.left = p->fraction_bits / 2 - p->root_bits - 1;
    while (w < (uint64_t)1 << 62) {
        w <<= 2;
        scale.left++;
    }
    scale.left = scale.left > 30 ? 30 : scale.left; /* more only where all distances are 0 */
    scale.inverse = mote_inverse_root((uint32_t)(w >> 32));
    return scale;
}

/* The result around zero; distance = n * x - S. */
static inline int32_t mote_normalize(const mote_layer_norm *p, mote_row_scale scale, int32_t distance,
                                     uint32_t column)
{
    const int32_t scaled =
        scale.left < 0 ? distance >> -scale.left : distance * ((int32_t)1 << scale.left);
    const int32_t normal = mote_multiply_high(scaled, scale.inverse, MOTE_HALF);
    const int32_t fine = mote_multiply_high(normal, p->gamma[column], MOTE_HALF) + p->beta[column];
    return (fine + ((int32_t)1 << (p->right - 1))) >> p->right;
}

#endif
