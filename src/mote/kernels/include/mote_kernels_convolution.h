/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolutions of int8 and their parameters; included by mote_kernels.h.
 *
 * They read rows, [x_width, x_channels]: pointer i leads to row i of those that the call needs, and row oy of
 * the result reads rows oy * stride_height + ky * dilation_height for each ky below kernel_height. Null: that
 * row lies outside the image, where the value is x_zero; null pointers stand at the ends. Rows lie anywhere.
 * y: [y_height, y_width, y_channels], the rows of one call. */
#ifndef MOTE_KERNELS_CONVOLUTION_H
#define MOTE_KERNELS_CONVOLUTION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Portable convolution: weights [y_channels, kernel_height, kernel_width, x_channels / groups].
 * Portable depthwise convolution: weights [kernel_height, kernel_width, y_channels], output c reads
 * input c / (y_channels / x_channels); groups is unused.
 * Kernels with "_w4" in their name have weights of 4 bits, packed as their files say. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;       /* [y_channels], input zero point folded in */
    const int32_t *multiplier; /* [y_channels], Q31 in [2^30, 2^31) or 0 */
    const uint8_t *shift;      /* [ceil(y_channels * shift_bits / 8)] */
    uint16_t x_width, x_channels;
    uint16_t y_height, y_width, y_channels;
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_left;
    uint16_t groups;
    int8_t x_zero, y_zero, y_min, y_max;
    int8_t shift_base;
    uint8_t shift_bits;      /* 4 or 8 */
    uint8_t double_rounding; /* 1: double rounding, 0: single */
} mote_conv_2d_rows;

/* Convolution of two pixels with one multiplication; arrays and fields as mote_conv_2d_swar.h says. */
typedef struct {
    const int8_t *weights;
    const int32_t *narrow;
    const uint8_t *shorts;
    uint16_t x_width, x_channels;
    uint16_t y_height, y_width, y_channels;
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_left;
    int8_t x_zero;
    uint8_t pixels; /* side by side in scratch: 4, or 2 where RAM is short */
    uint8_t offset_shift, is_bent;
    int32_t end, middle;
} mote_conv_2d_swar;

/* DSP convolution, two output channels at a time; arrays as mote_conv_2d_dsp.h says. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const uint8_t *shift;
    const uint8_t *gaps;
    const int8_t *constants; /* [y_channels], or null when every channel depends on x */
    uint16_t x_width, x_channels;
    uint16_t y_height, y_width, y_channels;
    uint16_t pairs; /* of channels that depend on x */
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_left;
    int8_t x_zero, y_zero, y_min, y_max;
    uint8_t pixels; /* side by side in scratch: 4, or 2 where RAM is short */
} mote_conv_2d_pairs;

/* DSP convolution in few bytes of code and constants, as mote_conv_2d_s8_dsp_small.c says: the fields are few, too. */
typedef struct {
    const int8_t *weights; /* with biases and lines */
    unsigned x_channels : 12, y_channels : 12;
    unsigned pad_left : 4;
    unsigned pad_top : 4; /* for who calls it */
    uint8_t x_width;
    uint8_t y_height, y_width;
    int8_t x_zero;
    unsigned kernel_height : 4, kernel_width : 4;
    unsigned stride_height : 4, stride_width : 4;
    unsigned scale : 4; /* less 8, but for depthwise ones */
    unsigned shift : 5;
    unsigned is_depthwise : 1;
} mote_conv_2d_small;

/* MVE convolution, four output channels at a time; arrays as mote_conv_2d_mve.h says. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int16_t *finish;
    const int8_t *constants; /* [y_channels], or null when every channel depends on x */
    uint16_t x_width, x_channels;
    uint16_t y_height, y_width, y_channels;
    uint16_t blocks; /* of channels that depend on x, with places in finish; 0: all channels, in order */
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_left;
    int8_t x_zero, y_zero, y_min, y_max;
} mote_conv_2d_vectors;

/* Winograd convolution 3 x 3 at stride 1; arrays as mote_winograd.h says. */
typedef struct {
    const int16_t *weights;
    const int32_t *start;
    const int32_t *bias;
    const int32_t *multiplier;
    const uint8_t *shift;
    const uint8_t *gaps;
    const int32_t *channels; /* along rows: what the five before say otherwise */
    const int8_t *constants; /* [y_channels], or null when every channel depends on x */
    uint16_t x_width, x_channels;
    uint16_t y_height, y_width, y_channels;
    uint16_t pairs; /* of channels that depend on x */
    uint16_t pad_left;
    int8_t x_zero, y_zero, y_min, y_max;
} mote_conv_2d_winograd;

/* Chained convolution, four output channels at a time; arrays as mote_conv_2d_chain.h says. */
typedef struct {
    const int32_t *weights;
    const int8_t *constants; /* [y_channels], or null when every channel depends on x */
    uint16_t x_width, x_channels;
    uint16_t y_height, y_width, y_channels;
    uint16_t fours; /* of channels that depend on x */
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_left;
    int8_t x_zero, y_zero, y_min, y_max;
    uint8_t is_padded; /* 1: some window is in part outside */
} mote_conv_2d_chain;

/* Chained convolution whose requantisation is a line; arrays as mote_conv_2d_chain_affine.h says. */
typedef struct {
    const int32_t *weights;
    const int8_t *constants; /* [y_channels], or null when every channel depends on x */
    uint16_t x_width, x_channels;
    uint16_t y_height, y_width, y_channels;
    uint16_t fours; /* of channels that depend on x */
    uint16_t slides; /* words over which windows slide, of copies with 3 channels; 0: they do not */
    uint8_t kernel_height, kernel_width;
    uint8_t stride_height, stride_width;
    uint8_t pad_left;
    uint8_t copies;  /* rows of the result for which what they read is copied first; 0: none is */
    uint8_t expands; /* whether the first call expands the weights into the state; 2: with places of channels */
    int8_t x_zero, y_min, y_max;
} mote_conv_2d_line;

/* Convolution 1 x 1 of 8 input channels; weights as mote_conv_2d_eight.h says. */
typedef struct {
    const int32_t *weights;
    uint16_t x_width;
    uint16_t y_height, y_width, y_channels;
    uint16_t stride_height, stride_width;
} mote_conv_2d_eight;

/* DSP depthwise convolution 3 x 3; arrays as mote_depthwise_conv_2d_dsp_3x3.h says. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const uint8_t *shift;
    const uint8_t *gaps; /* [computed], or null when that is every channel */
    uint16_t x_width, channels;
    uint16_t y_height, y_width;
    uint16_t computed; /* channels */
    int8_t constant;   /* result of the other channels */
    uint16_t stride_height, stride_width;
    uint16_t pad_left;
    uint8_t shift_bits; /* 4 or 8 */
    int8_t x_zero, y_zero, y_min, y_max;
} mote_depthwise_3x3;

/* Depthwise convolution 3 x 3 without a wide multiplication; arrays and fields as
 * mote_depthwise_conv_2d_narrow_3x3.h says. */
typedef struct {
    const int8_t *weights;
    const int32_t *narrow;
    uint16_t x_width, channels;
    uint16_t y_height, y_width;
    uint16_t stride_height, stride_width;
    uint16_t pad_left;
    int8_t x_zero;
    uint8_t offset_shift, is_bent;
    int32_t end, middle;
} mote_depthwise_narrow_3x3;

/* DSP depthwise convolution of any window; arrays as mote_depthwise_conv_2d_dsp.h says. Let the step be
 * stride_width * phases_width / dilation_width, columns of a window from one result of a phase to the next. Place p
 * of chunk i is column i * taps + p of the kernel with a step of one; with two, even places come first, then odd
 * ones; else column p * step + i. Those that do not exist have zeros. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const uint8_t *shift;
    const uint8_t *gaps; /* [computed], or null when that is every channel */
    uint16_t x_width, x_channels;
    uint16_t y_height, y_width, y_channels;
    uint16_t computed; /* channels */
    uint16_t kernel_height;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t phases_height, phases_width; /* dilation / greatest common divisor of stride and dilation */
    uint16_t pad_left;
    uint16_t rows_at_once;
    uint16_t chunks; /* of the kernel's columns */
    uint8_t taps;    /* columns of a chunk: 1, 3, 5 or 7 */
    uint8_t shift_bits; /* 4 or 8 */
    int8_t constant;    /* result of the channels that are not computed */
    int8_t x_zero, y_zero, y_min, y_max;
} mote_conv_2d_taps;

/* MVE depthwise convolution 3 x 3; arrays as mote_depthwise_conv_2d_mve_3x3.h says. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int16_t *finish;
    const uint8_t *lanes;
    const uint8_t *quads; /* [ceil(channels / 8)] */
    uint16_t x_width, channels;
    uint16_t y_height, y_width;
    uint16_t stride_height, stride_width;
    uint16_t pad_left;
    int8_t x_zero, y_zero, y_min, y_max;
    int8_t constant; /* result of channels that are not computed */
    uint8_t is_cut;  /* 1: there are such channels */
} mote_depthwise_vectors;

void mote_conv_2d_s8(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y);
void mote_conv_2d_s8_w4(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y, void *scratch);
void mote_conv_2d_s8_swar(const mote_conv_2d_swar *layer, const int8_t *const *x, int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_points(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                 void *scratch);
void mote_conv_2d_s8_dsp_small(const mote_conv_2d_small *layer, const int8_t *const *x, int8_t *y,
                                void *scratch);
void mote_conv_2d_s8_dsp_single(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                void *scratch);
void mote_conv_2d_s8_dsp_single_points(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                       void *scratch);
void mote_conv_2d_s8_dsp_wide(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                              void *scratch);
void mote_conv_2d_s8_dsp_wide_points(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                     void *scratch);
void mote_conv_2d_s8_dsp_wide_single(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                     void *scratch);
void mote_conv_2d_s8_dsp_wide_single_points(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                            void *scratch);
void mote_conv_2d_s8_w4_dsp(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                            void *scratch);
void mote_conv_2d_s8_w4_dsp_single(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                   void *scratch);
void mote_conv_2d_s8_mve(const mote_conv_2d_vectors *layer, const int8_t *const *x, int8_t *y, void *scratch);
void mote_conv_2d_s8_mve_single(const mote_conv_2d_vectors *layer, const int8_t *const *x, int8_t *y,
                                void *scratch);

void mote_conv_2d_s8_dsp_winograd_2(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                    int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_winograd_2_single(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                           int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_winograd_4(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                    int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_winograd_4_single(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                           int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_winograd_4_one(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                        int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_winograd_4_one_single(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                               int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_winograd_row(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                      int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_winograd_row_single(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                             int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_winograd_thirds(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                         int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_winograd_thirds_single(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_winograd_row_two(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                          int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_winograd_row_two_single(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                 int8_t *y, void *scratch);

void mote_conv_2d_s8_dsp_eight(const mote_conv_2d_eight *layer, const int8_t *const *x, int8_t *y);
void mote_conv_2d_s8_dsp_chain(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y, void *scratch);
void mote_conv_2d_s8_dsp_chain_affine(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                      void *scratch, void *state, uint32_t call);
void mote_conv_2d_s8_dsp_chain_affine_points(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                             void *scratch, void *state, uint32_t call);
void mote_conv_2d_s8_dsp_chain_affine_slide(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                       void *scratch);
void mote_conv_2d_s8_dsp_chain_affine_dual(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                           void *scratch, void *state, uint32_t call);
void mote_conv_2d_s8_dsp_chain_affine_points_dual(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                                  void *scratch, void *state, uint32_t call);
void mote_conv_2d_s8_dsp_chain_affine_points_one(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                                 void *scratch, void *state, uint32_t call);
void mote_conv_2d_s8_dsp_chain_affine_points_wide(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                                  void *scratch, void *state, uint32_t call);
void mote_conv_2d_s8_dsp_chain_affine_points_wide_rest(const mote_conv_2d_line *layer, const int8_t *const *x,
                                                       int8_t *y, void *scratch, void *state, uint32_t call);
void mote_conv_2d_s8_dsp_chain_affine_points_wide_dual(const mote_conv_2d_line *layer, const int8_t *const *x,
                                                       int8_t *y, void *scratch, void *state, uint32_t call);
void mote_conv_2d_s8_dsp_chain_positive(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                    void *scratch);
void mote_conv_2d_s8_dsp_chain_single(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                  void *scratch);
void mote_conv_2d_s8_dsp_chain_packed(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                      void *scratch);
void mote_conv_2d_s8_dsp_chain_packed_double(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                             void *scratch);
void mote_conv_2d_s8_dsp_chain_split(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                     void *scratch);
void mote_conv_2d_s8_dsp_chain_split_affine(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                            void *scratch);
void mote_conv_2d_s8_dsp_chain_split_affine_dual(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                                 void *scratch);
void mote_conv_2d_s8_dsp_chain_split_positive(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                              void *scratch);
void mote_conv_2d_s8_dsp_chain_split_single(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                            void *scratch);

void mote_depthwise_conv_2d_s8(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y);
void mote_depthwise_conv_2d_s8_w4(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y,
                                  void *scratch);
void mote_depthwise_conv_2d_s8_narrow_3x3(const mote_depthwise_narrow_3x3 *layer, const int8_t *const *x,
                                          int8_t *y);
void mote_depthwise_conv_2d_s8_dsp_3x3(const mote_depthwise_3x3 *layer, const int8_t *const *x, int8_t *y);
void mote_depthwise_conv_2d_s8_dsp_3x3_single(const mote_depthwise_3x3 *layer, const int8_t *const *x,
                                              int8_t *y);
void mote_depthwise_conv_2d_s8_w4_dsp_3x3(const mote_depthwise_3x3 *layer, const int8_t *const *x, int8_t *y,
                                          void *scratch);
void mote_depthwise_conv_2d_s8_w4_dsp_3x3_single(const mote_depthwise_3x3 *layer, const int8_t *const *x,
                                                 int8_t *y, void *scratch);

void mote_depthwise_conv_2d_s8_dsp(const mote_conv_2d_taps *layer, const int8_t *const *x, int8_t *y,
                                   void *scratch);
void mote_depthwise_conv_2d_s8_dsp_single(const mote_conv_2d_taps *layer, const int8_t *const *x, int8_t *y,
                                          void *scratch);

void mote_depthwise_conv_2d_s8_w4_dsp(const mote_conv_2d_taps *layer, const int8_t *const *x, int8_t *y,
                                      void *scratch);
void mote_depthwise_conv_2d_s8_w4_dsp_single(const mote_conv_2d_taps *layer, const int8_t *const *x, int8_t *y,
                                             void *scratch);

void mote_depthwise_conv_2d_s8_mve_3x3(const mote_depthwise_vectors *layer, const int8_t *const *x, int8_t *y,
                                       void *scratch);
void mote_depthwise_conv_2d_s8_mve_3x3_single(const mote_depthwise_vectors *layer, const int8_t *const *x,
                                              int8_t *y, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
