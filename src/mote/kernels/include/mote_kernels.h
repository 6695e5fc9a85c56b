/* SPDX-License-Identifier: Apache-2.0
 *
 * Every kernel of Mote and its parameters.
 *
 * Shapes are in elements and activations are [N, H, W, C], channels fastest. int8 activations
 * stand for scale * (q - zero_point); weights have zero point 0. Biases already hold
 * -x_zero * sum(weights): a kernel multiplies the raw input, and reads x_zero where it pads.
 *
 * requantize(acc, multiplier, shift) = acc * multiplier * 2^(shift - 31), with the layer's rounding rule
 * (see mote_requantize.h). y = clamp(requantize(acc) + y_zero, y_min, y_max).
 *
 * No kernel allocates, keeps state, or writes outside y and scratch. Unless its own file says
 * otherwise, y must not overlap x. Where it says that y may start below an operand, the kernel goes upwards
 * and has read what it needs of the operand by the time that it writes there. Elements need the alignment of
 * their type and no more; scratch is 4-byte aligned. */
#ifndef MOTE_KERNELS_H
#define MOTE_KERNELS_H

#include <stdint.h>

#include "mote_kernels_arithmetic.h"
#include "mote_kernels_convolution.h"
#include "mote_kernels_depthwise.h"
#include "mote_kernels_movement.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How accumulators become int8 in the portable kernels with weights: channel c has the right shift
 * r = shift_base + (shift_bits bits of shift from bit c * shift_bits on, low bits first), and
 * requantize(acc) = acc * multiplier[c] * 2^(-31 - r). */

/* Transposed convolution: weights [y_channels, kernel_height, kernel_width, x_channels / groups]; rows of
 * x and y as the kernels' files say. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;       /* [y_channels], input zero point folded in */
    const int32_t *multiplier; /* [y_channels], Q31 in [2^30, 2^31) or 0 */
    const uint8_t *shift;      /* [ceil(y_channels * shift_bits / 8)] */
    uint16_t x_height, x_width, x_channels; /* of an image */
    uint16_t y_height, y_width, y_channels; /* of one call */
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_top, pad_left;
    uint16_t groups;
    int8_t x_zero, y_zero, y_min, y_max;
    int8_t shift_base;
    uint8_t shift_bits;      /* 4 or 8 */
    uint8_t double_rounding; /* 1: double rounding, 0: single */
} mote_transposed_conv_2d;

/* y[b][o] = clamp(requantize(sum_i x[b][i] * weights[o][i] + bias[o]) + y_zero). DSP kernels: arrays as
 * mote_fully_connected_dsp.h says, shift_base and double_rounding unused. */
typedef struct {
    const int8_t *weights;     /* [outputs, inputs] */
    const int32_t *bias;       /* [outputs], input zero point folded in */
    const int32_t *multiplier; /* [outputs] when per_channel, else [1] */
    const uint8_t *shift;      /* [ceil(outputs * shift_bits / 8)] when per_channel, else [1] */
    uint16_t batches, inputs, outputs;
    int8_t y_zero, y_min, y_max;
    int8_t shift_base;
    uint8_t shift_bits; /* 4 or 8 */
    uint8_t per_channel;
    uint8_t double_rounding;
} mote_fully_connected;

/* The same in few bytes of code and constants; as mote_fully_connected_s8_dsp_small.c says. */
typedef struct {
    const int8_t *weights; /* [outputs, inputs] */
    const int32_t *bias;   /* [outputs] */
    int32_t multiplier;
    uint16_t batches, inputs, outputs;
    int8_t y_min, y_max;
    uint8_t scale, shift;
} mote_fully_connected_small;

/* Two products in a multiplication; arrays and fields as mote_fully_connected_s8_swar.c says. */
typedef struct {
    const int8_t *weights;
    const int32_t *start;   /* [outputs] */
    const uint8_t *is_long; /* [ceil(outputs / 2)] */
    int32_t limit;
    uint32_t low, high;
    int32_t offset, middle, bend;
    uint16_t batches, inputs, outputs;
} mote_fully_connected_swar;

/* MVE kernels: arrays as mote_fully_connected_mve.h says. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int16_t *finish;
    uint16_t batches, inputs, outputs;
    int8_t y_zero, y_min, y_max;
    uint8_t per_channel;
} mote_fully_connected_vectors;

/* Layers of int16 activations; how their sums become int16 says mote_sums_s16.h. */

/* Convolution and depthwise convolution of int16; weights and rows as mote_conv_2d_rows has them. */
typedef struct {
    const int8_t *weights;
    const int64_t *bias;       /* [y_channels] */
    const int32_t *multiplier; /* [y_channels] */
    const uint8_t *shift;      /* [y_channels], 1..62 */
    int64_t limit;             /* of a sum, beyond which every result saturates */
    uint16_t x_width, x_channels;
    uint16_t y_height, y_width, y_channels; /* of one call */
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_left;
    uint16_t groups;
    int16_t y_min, y_max;
    uint8_t weight_bits; /* 8 or 4 */
} mote_conv_2d_16x8;

/* Transposed convolution of int16. */
typedef struct {
    const int8_t *weights;     /* [y_channels, kernel_height, kernel_width, x_channels / groups] */
    const int64_t *bias;       /* [y_channels] */
    const int32_t *multiplier; /* [y_channels] */
    const uint8_t *shift;      /* [y_channels], 1..62 */
    int64_t limit;             /* of a sum, beyond which every result saturates */
    uint16_t x_height, x_width, x_channels; /* of an image */
    uint16_t y_height, y_width, y_channels; /* of one call */
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_top, pad_left;
    uint16_t groups;
    int16_t y_min, y_max;
} mote_transposed_conv_2d_16x8;

typedef struct {
    const int8_t *weights;     /* [outputs, inputs] */
    const int64_t *bias;       /* [outputs] */
    const int32_t *multiplier; /* [outputs] */
    const uint8_t *shift;      /* [outputs], 1..62 */
    int64_t limit;             /* of a sum, beyond which every result saturates */
    uint16_t batches, inputs, outputs;
    int16_t y_min, y_max;
    uint8_t weight_bits; /* 8 or 4 */
} mote_fully_connected_16x8;

/* Products of matrices; steps are in elements. mote_mat_mul_s16: y = sum * multiplier >> right, rounded. */
typedef struct {
    int32_t multiplier;
    uint32_t batches[2], x0_step[2], x1_step[2];
    uint32_t x1_row, x1_column;
    uint16_t rows, depth, columns;
    int16_t y_min, y_max;
    int8_t right;
    int8_t x0_zero, x1_zero, y_zero;
} mote_mat_mul;

/* Windows over rows. Pointer i leads to row i of those that the call reads, [x_width, channels]; row oy of
 * the result reads kernel_height from oy * stride_height on. Null: that row lies outside the image. Padding
 * never enters the result. */
typedef struct {
    uint16_t x_width, channels;
    uint16_t y_height, y_width; /* of one call */
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t pad_left;
    int16_t y_min, y_max;
} mote_pool_rows;

/* The dimensions of x, folded into two that stay and two that vanish; steps are in elements. */
typedef struct {
    int32_t offset; /* -x_zero * number of cells */
    int32_t multiplier;
    uint32_t kept[2], kept_step[2];
    uint32_t reduced[2], reduced_step[2];
    int8_t right; /* right shift, -30..31 */
    int8_t y_zero;
} mote_mean;

/* One result per channel of a plane [cells, channels], which comes part after part. */
typedef struct {
    uint32_t cells;
    uint32_t part; /* cells of one call */
    uint32_t channels;
    int16_t y_min, y_max;
} mote_global_pool;

typedef struct {
    int32_t offset; /* -x_zero * cells */
    int32_t multiplier;
    uint32_t cells;
    uint32_t part; /* cells of one call */
    uint32_t channels;
    int8_t right; /* right shift, -30..31 */
    int8_t y_zero;
} mote_global_mean;

typedef struct {
    const int32_t *exponentials; /* [entries] Q0.31, index max - x */
    uint32_t rows, columns;
    uint16_t entries; /* 1..256 */
} mote_softmax;

/* Softmax of a few int8; a difference to the row's maximum times multiplier * 2^(left - 31) is Q5.26. */
typedef struct {
    int32_t multiplier;
    uint16_t rows, columns;
    uint16_t entries; /* 1..256 differences that count, from 0 on */
    uint8_t left;
} mote_softmax_short;

/* Softmax of int16; a difference to the row's maximum is scaled by multiplier * 2^(-31 - right). */
typedef struct {
    int32_t multiplier;
    uint32_t rows, columns;
    int8_t right; /* -14..31 */
} mote_softmax_int16;

typedef struct {
    const int32_t *exponentials; /* [entries] Q0.31, index max - x */
    int32_t multiplier;          /* of differences, times 2^(left - 31) */
    uint32_t rows, columns;
    uint16_t entries; /* 1..256 */
    uint8_t most;     /* difference that can give more than -128 */
    uint8_t left;
} mote_log_softmax;

/* Layer norm; formula in mote_layer_norm.h. */
typedef struct {
    const int32_t *gamma; /* [columns] */
    const int32_t *beta;  /* [columns] */
    uint64_t epsilon;
    uint32_t rows, columns;
    uint8_t fraction_bits, root_bits;
    uint8_t right; /* 1..28 */
    int8_t y_zero;
} mote_layer_norm;

/* [0]: from zero up, [1]: below; multipliers are signed, right shifts may be negative. */
typedef struct {
    int32_t multiplier[2];
    uint32_t elements;
    int16_t y_min, y_max;
    int8_t right[2];
    uint8_t mirrored; /* 1: below zero the sign changes after the rounding */
} mote_straight;

typedef struct {
    uint32_t elements;
    int32_t multiplier; /* 0..65535 */
    uint8_t right;      /* 0..31 */
    uint8_t is_tanh;
} mote_sigmoid;

/* alpha_multiplier belongs to x * alpha, multiplier to x alone; steps as in mote_add_general. */
typedef struct {
    const int8_t *alpha;
    int32_t multiplier, alpha_multiplier;
    uint32_t size[4]; /* of y */
    uint32_t x0_step[4], x1_step[4];
    int8_t right, alpha_right;
    int8_t x_zero, alpha_zero, y_zero;
} mote_prelu;

typedef struct {
    const int16_t *alpha;
    int32_t multiplier, alpha_multiplier;
    uint32_t size[4];
    uint32_t x0_step[4], x1_step[4];
    int8_t right, alpha_right;
} mote_prelu_int16;

typedef struct {
    float y_scale;
    uint32_t elements;
    int16_t y_zero;
} mote_quantize;

typedef struct {
    float x_scale;
    uint32_t elements;
    int16_t x_zero;
} mote_dequantize;

/* y = clamp(requantize(x - x_zero) + y_zero), double rounding */
typedef struct {
    int32_t multiplier;
    uint32_t elements;
    int8_t right; /* right shift */
    int8_t x_zero, y_zero;
} mote_rescale;

typedef struct {
    const int8_t *table; /* [256], indexed by the unsigned byte */
    uint32_t elements;
} mote_lookup_s8;

typedef struct {
    const uint8_t *table; /* [256], indexed by the unsigned byte */
    uint32_t elements;
} mote_lookup_u8;

typedef struct {
    const int16_t *table; /* [513], see mote_interpolate.h */
    uint32_t elements;
} mote_lookup_s16;

void mote_conv_2d_s16(const mote_conv_2d_16x8 *layer, const int16_t *const *x, int16_t *y,
                      void *scratch);
void mote_depthwise_conv_2d_s16(const mote_conv_2d_16x8 *layer, const int16_t *const *x, int16_t *y,
                                void *scratch);
void mote_fully_connected_s16(const mote_fully_connected_16x8 *layer, const int16_t *x, int16_t *y,
                              void *scratch);
void mote_mat_mul_s8(const mote_mat_mul *layer, const int8_t *x0, const int8_t *x1, int8_t *y);
void mote_mat_mul_s16(const mote_mat_mul *layer, const int16_t *x0, const int16_t *x1, int16_t *y);
void mote_transposed_conv_2d_s8(const mote_transposed_conv_2d *layer, const int8_t *const *x, int8_t *y,
                                uint32_t row);
void mote_transposed_conv_2d_s16(const mote_transposed_conv_2d_16x8 *layer, const int16_t *const *x, int16_t *y,
                                 uint32_t row);
void mote_fully_connected_s8_dsp_small(const mote_fully_connected_small *layer, const int8_t *x, int8_t *y);
void mote_fully_connected_s8(const mote_fully_connected *layer, const int8_t *x, int8_t *y);
void mote_fully_connected_s8_swar(const mote_fully_connected_swar *layer, const int8_t *x, int8_t *y, void *scratch);
void mote_fully_connected_s8_w4(const mote_fully_connected *layer, const int8_t *x, int8_t *y,
                                void *scratch);
void mote_fully_connected_s8_w4_dsp(const mote_fully_connected *layer, const int8_t *x, int8_t *y);
void mote_fully_connected_s8_w4_dsp_single(const mote_fully_connected *layer, const int8_t *x,
                                           int8_t *y);
void mote_fully_connected_s8_mve(const mote_fully_connected_vectors *layer, const int8_t *x, int8_t *y);
void mote_fully_connected_s8_mve_single(const mote_fully_connected_vectors *layer, const int8_t *x, int8_t *y);
void mote_fully_connected_s8_dsp(const mote_fully_connected *layer, const int8_t *x, int8_t *y);
void mote_fully_connected_s8_dsp_single(const mote_fully_connected *layer, const int8_t *x, int8_t *y);
void mote_fully_connected_s8_dsp_wide(const mote_fully_connected *layer, const int8_t *x, int8_t *y);
void mote_fully_connected_s8_dsp_wide_single(const mote_fully_connected *layer, const int8_t *x,
                                             int8_t *y);

void mote_average_pool_2d_s8(const mote_pool_rows *layer, const int8_t *const *x, int8_t *y);
void mote_max_pool_2d_s8(const mote_pool_rows *layer, const int8_t *const *x, int8_t *y);
void mote_mean_s8(const mote_mean *layer, const int8_t *x, int8_t *y);
void mote_global_average_pool_s8_small(const mote_global_pool *layer, const int8_t *x, int8_t *y, void *state,
                                       uint32_t call);
void mote_global_average_pool_s8(const mote_global_pool *layer, const int8_t *x, int8_t *y, void *state,
                                 uint32_t call);
void mote_global_max_pool_s8(const mote_global_pool *layer, const int8_t *x, int8_t *y, void *state,
                             uint32_t call);
void mote_global_mean_s8(const mote_global_mean *layer, const int8_t *x, int8_t *y, void *state,
                         uint32_t call);
void mote_average_pool_2d_s16(const mote_pool_rows *layer, const int16_t *const *x, int16_t *y);
void mote_max_pool_2d_s16(const mote_pool_rows *layer, const int16_t *const *x, int16_t *y);
void mote_mean_s16(const mote_mean *layer, const int16_t *x, int16_t *y);
void mote_global_average_pool_s16(const mote_global_pool *layer, const int16_t *x, int16_t *y, void *state,
                                  uint32_t call);
void mote_global_max_pool_s16(const mote_global_pool *layer, const int16_t *x, int16_t *y, void *state,
                              uint32_t call);
void mote_global_mean_s16(const mote_global_mean *layer, const int16_t *x, int16_t *y, void *state,
                          uint32_t call);
void mote_softmax_s8(const mote_softmax *layer, const int8_t *x, int8_t *y);
void mote_softmax_short_s8(const mote_softmax_short *layer, const int8_t *x, int8_t *y);
void mote_softmax_long_s8(const mote_softmax *layer, const int8_t *x, int8_t *y);
void mote_softmax_s16(const mote_softmax_int16 *layer, const int16_t *x, int16_t *y);
void mote_log_softmax_s8(const mote_log_softmax *layer, const int8_t *x, int8_t *y);
void mote_layer_norm_s8(const mote_layer_norm *layer, const int8_t *x, int8_t *y);
void mote_layer_norm_s16(const mote_layer_norm *layer, const int16_t *x, int16_t *y);
void mote_quantize_f32_s8(const mote_quantize *layer, const float *x, int8_t *y);
void mote_quantize_f32_u8(const mote_quantize *layer, const float *x, uint8_t *y);
void mote_quantize_f32_s16(const mote_quantize *layer, const float *x, int16_t *y);
void mote_quantize_s8_s16(const mote_rescale *layer, const int8_t *x, int16_t *y);
void mote_quantize_s16_s8(const mote_rescale *layer, const int16_t *x, int8_t *y);
void mote_quantize_s16_s16(const mote_rescale *layer, const int16_t *x, int16_t *y);
void mote_table_s8(const mote_lookup_s8 *layer, const int8_t *x, int8_t *y);
void mote_table_s16(const mote_lookup_s16 *layer, const int16_t *x, int16_t *y);
void mote_straight_s16(const mote_straight *layer, const int16_t *x, int16_t *y);
void mote_sigmoid_s16(const mote_sigmoid *layer, const int16_t *x, int16_t *y);
void mote_prelu_s8(const mote_prelu *layer, const int8_t *x, int8_t *y);
void mote_prelu_s16(const mote_prelu_int16 *layer, const int16_t *x, int16_t *y);
void mote_quantize_s8_u8(const mote_lookup_u8 *layer, const int8_t *x, uint8_t *y);
void mote_quantize_u8_s8(const mote_lookup_s8 *layer, const uint8_t *x, int8_t *y);
void mote_dequantize_s8_f32(const mote_dequantize *layer, const int8_t *x, float *y);
void mote_dequantize_u8_f32(const mote_dequantize *layer, const uint8_t *x, float *y);
void mote_dequantize_s16_f32(const mote_dequantize *layer, const int16_t *x, float *y);

#ifdef __cplusplus
}
#endif

#endif
