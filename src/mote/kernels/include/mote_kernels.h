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

/* How accumulators become int8, for the layers with weights. Channel c has the right shift
 * r = shift_base + (shift_bits bits of shift from bit c * shift_bits on, low bits first), and
 * requantize(acc) = acc * multiplier[c] * 2^(-31 - r). */

/* Portable convolution: weights [y_channels, kernel_height, kernel_width, x_channels / groups].
 * Portable depthwise convolution: weights [kernel_height, kernel_width, y_channels], output c reads
 * input c / (y_channels / x_channels); groups is unused. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;       /* [y_channels], input zero point folded in */
    const int32_t *multiplier; /* [y_channels], Q31 in [2^30, 2^31) or 0 */
    const uint8_t *shift;      /* [ceil(y_channels * shift_bits / 8)] */
    uint16_t batches;
    uint16_t x_height, x_width, x_channels;
    uint16_t y_height, y_width, y_channels;
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_top, pad_left;
    uint16_t groups;
    int8_t x_zero, y_zero, y_min, y_max;
    int8_t shift_base;
    uint8_t shift_bits;      /* 4 or 8 */
    uint8_t double_rounding; /* 1: double rounding, 0: single */
} mote_conv_2d;

/* y[b][o] = clamp(requantize(sum_i x[b][i] * weights[o][i] + bias[o]) + y_zero) */
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

void mote_conv_2d_s8(const mote_conv_2d *layer, const int8_t *x, int8_t *y);
void mote_depthwise_conv_2d_s8(const mote_conv_2d *layer, const int8_t *x, int8_t *y);
void mote_fully_connected_s8(const mote_fully_connected *layer, const int8_t *x, int8_t *y);

#ifdef __cplusplus
}
#endif

#endif
