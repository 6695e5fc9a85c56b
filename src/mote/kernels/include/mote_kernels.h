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
 * otherwise, y must not overlap x. Pointers need no alignment, scratch is 4-byte aligned. */
#ifndef MOTE_KERNELS_H
#define MOTE_KERNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Convolution: weights [y_channels, kernel_height, kernel_width, x_channels / groups];
 * depthwise: weights [kernel_height, kernel_width, y_channels], groups = x_channels.
 * DSP kernels lay weights out as their own file says. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;       /* [y_channels], input zero point folded in */
    const int32_t *multiplier; /* [y_channels], Q31 in [2^30, 2^31) or 0 */
    const int8_t *shift;       /* [y_channels], -31..30 */
    uint16_t batches;
    uint16_t x_height, x_width, x_channels;
    uint16_t y_height, y_width, y_channels;
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_top, pad_left;
    uint16_t groups;
    int8_t x_zero, y_zero, y_min, y_max;
    uint8_t double_rounding; /* 1: double rounding, 0: single */
} mote_conv_2d;

/* y[b][o] = clamp(requantize(sum_i x[b][i] * weights[o][i] + bias[o]) + y_zero) */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;       /* [outputs], input zero point folded in */
    const int32_t *multiplier; /* [outputs] */
    const int8_t *shift;       /* [outputs] */
    uint16_t batches, inputs, outputs;
    int8_t y_zero, y_min, y_max;
    uint8_t double_rounding;
} mote_fully_connected;

/* Strides are in elements, 0 along broadcast dimensions. */
typedef struct {
    int32_t x0_multiplier, x1_multiplier, y_multiplier;
    uint16_t shape[4]; /* of y */
    uint32_t x0_stride[4], x1_stride[4];
    int8_t x0_shift, x1_shift, y_shift;
    int16_t x0_zero, x1_zero;
    int8_t y_zero, y_min, y_max;
} mote_add;

typedef struct {
    uint16_t batches;
    uint16_t x_height, x_width, channels;
    uint16_t y_height, y_width;
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t pad_top, pad_left;
    int8_t y_min, y_max;
} mote_pool_2d;

#ifdef __cplusplus
}
#endif

#endif
