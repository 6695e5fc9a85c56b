/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels of float32 and their parameters; shapes and steps are as in mote_kernels.h.
 *
 * clamp(v) = v limited to y_min..y_max, which are infinite where nothing is fused; NaN stays NaN. Sums are
 * formed in float32, in the order of the code. Each kernel uses + - * / on its own numbers alone, and no
 * libm: compiled without contraction into fused multiply-adds, it gives the same bits on every core. */
#ifndef MOTE_KERNELS_F32_H
#define MOTE_KERNELS_F32_H

#include "mote_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Weights of convolutions [y_channels, kernel_height, kernel_width, x_channels / groups], of depthwise ones
 * [kernel_height, kernel_width, y_channels]. Rows as in mote_pool_rows. */
typedef struct {
    const float *weights;
    const float *bias; /* [y_channels] */
    float y_min, y_max;
    uint16_t x_width, x_channels;
    uint16_t y_height, y_width, y_channels; /* of one call */
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_left;
    uint16_t groups;
} mote_conv_2d_float;

/* Weights as in mote_conv_2d_float. */
typedef struct {
    const float *weights;
    const float *bias; /* [y_channels] */
    float y_min, y_max;
    uint16_t x_height, x_width, x_channels; /* of an image */
    uint16_t y_height, y_width, y_channels; /* of one call */
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_top, pad_left;
    uint16_t groups;
} mote_transposed_conv_2d_float;

typedef struct {
    const float *weights; /* [outputs, inputs] */
    const float *bias;    /* [outputs] */
    float y_min, y_max;
    uint16_t batches, inputs, outputs;
} mote_fully_connected_float;

typedef struct {
    const float *constant; /* the operand that is a constant, of mote_mat_mul_constant_f32 */
    float y_min, y_max;
    uint32_t batches[2], x0_step[2], x1_step[2];
    uint32_t x1_row, x1_column;
    uint16_t rows, depth, columns;
    uint8_t constant_first;
} mote_mat_mul_float;

/* Sums, differences and products of operands that may repeat; steps as in mote_broadcast.h. */
typedef struct {
    const float *constant; /* an operand of the kernels of constants */
    float y_min, y_max;
    uint32_t size[4]; /* of y */
    uint32_t x0_step[4], x1_step[4];
    uint8_t constant_first; /* mote_sub_constant_f32: operand 0 is the constant */
} mote_binary_float;

typedef struct {
    const float *alpha;
    uint32_t size[4];
    uint32_t x0_step[4], x1_step[4];
} mote_prelu_float;

/* Windows as in mote_pool_rows. */
typedef struct {
    uint16_t x_width, channels;
    uint16_t y_height, y_width; /* of one call */
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t pad_left;
    float y_min, y_max;
} mote_pool_rows_float;

/* Dimensions as in mote_mean. */
typedef struct {
    uint32_t kept[2], kept_step[2];
    uint32_t reduced[2], reduced_step[2];
    float cells;
} mote_mean_float;

/* A plane as in mote_global_pool. */
typedef struct {
    uint32_t cells;
    uint32_t part;
    uint32_t channels;
    float y_min, y_max;
} mote_global_pool_float;

/* Rows and gaps as in mote_pad. */
typedef struct {
    uint32_t rows[3];
    uint32_t row;
    uint32_t first_gap;
    uint32_t gap[3];
    uint32_t elements;
    float border;
} mote_pad_float;

/* Rows as in mote_resize; the weights are fractions of 1. */
typedef struct {
    const int16_t *rows, *columns;             /* [rows of an image], [y_width] */
    const float *row_weights, *column_weights; /* of the following row or column */
    uint16_t y_height, y_width;                /* of one call */
    uint16_t channels;
} mote_resize_float;

typedef struct {
    const float *table; /* [last + 1, row] */
    uint32_t indices, row;
    int32_t last;
} mote_embedding_float;

typedef struct {
    uint32_t rows, columns;
    float beta; /* of softmax */
} mote_softmax_float;

typedef struct {
    const float *gamma; /* [columns] */
    const float *beta;  /* [columns] */
    uint32_t rows, columns;
    float epsilon;
} mote_layer_norm_float;

typedef struct {
    const float *factor; /* [columns], gamma / sqrt(variance + epsilon) */
    const float *offset; /* [columns], beta - mean * factor */
    uint32_t rows, columns;
} mote_batch_norm_float;

/* Functions of one variable; what alpha and beta are says each. */
typedef struct {
    uint32_t elements;
    float alpha, beta;
} mote_unary_float;

void mote_conv_2d_f32(const mote_conv_2d_float *layer, const float *const *x, float *y);
void mote_depthwise_conv_2d_f32(const mote_conv_2d_float *layer, const float *const *x, float *y);
void mote_transposed_conv_2d_f32(const mote_transposed_conv_2d_float *layer, const float *const *x, float *y,
                                 uint32_t row);
void mote_fully_connected_f32(const mote_fully_connected_float *layer, const float *x, float *y);
void mote_mat_mul_f32(const mote_mat_mul_float *layer, const float *x0, const float *x1, float *y);
void mote_mat_mul_constant_f32(const mote_mat_mul_float *layer, const float *x, float *y);
void mote_add_f32(const mote_binary_float *layer, const float *x0, const float *x1, float *y);
void mote_add_constant_f32(const mote_binary_float *layer, const float *x, float *y);
void mote_sub_f32(const mote_binary_float *layer, const float *x0, const float *x1, float *y);
void mote_sub_constant_f32(const mote_binary_float *layer, const float *x, float *y);
void mote_mul_f32(const mote_binary_float *layer, const float *x0, const float *x1, float *y);
void mote_mul_constant_f32(const mote_binary_float *layer, const float *x, float *y);
void mote_prelu_f32(const mote_prelu_float *layer, const float *x, float *y);
void mote_average_pool_2d_f32(const mote_pool_rows_float *layer, const float *const *x, float *y);
void mote_max_pool_2d_f32(const mote_pool_rows_float *layer, const float *const *x, float *y);
void mote_mean_f32(const mote_mean_float *layer, const float *x, float *y);
void mote_global_average_pool_f32(const mote_global_pool_float *layer, const float *x, float *y, void *state,
                                  uint32_t call);
void mote_global_max_pool_f32(const mote_global_pool_float *layer, const float *x, float *y, void *state,
                              uint32_t call);
void mote_pad_f32(const mote_pad_float *layer, const float *x, float *y);
void mote_pad_reflect_f32(const mote_pad_reflect *layer, const float *x, float *y);
void mote_concat_f32(const mote_concat *layer, const void *const *x, float *y);
void mote_slice_f32(const mote_walk *layer, const float *x, float *y);
void mote_transpose_f32(const mote_walk *layer, const float *x, float *y);
void mote_resize_nearest_f32(const mote_resize *layer, const float *const *x, float *y, uint32_t row);
void mote_resize_bilinear_f32(const mote_resize_float *layer, const float *const *x, float *y, uint32_t row);
void mote_embedding_f32(const mote_embedding_float *layer, const int32_t *x, float *y);
void mote_softmax_f32(const mote_softmax_float *layer, const float *x, float *y);
void mote_log_softmax_f32(const mote_softmax_float *layer, const float *x, float *y);
void mote_layer_norm_f32(const mote_layer_norm_float *layer, const float *x, float *y);
void mote_batch_norm_f32(const mote_batch_norm_float *layer, const float *x, float *y);
void mote_abs_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_clip_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_elu_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_erf_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_exp_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_gelu_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_gelu_tanh_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_hard_sigmoid_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_hard_swish_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_leaky_relu_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_log_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_negate_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_reciprocal_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_rsqrt_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_sigmoid_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_silu_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_softplus_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_sqrt_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_square_f32(const mote_unary_float *layer, const float *x, float *y);
void mote_tanh_f32(const mote_unary_float *layer, const float *x, float *y);

#ifdef __cplusplus
}
#endif

#endif
