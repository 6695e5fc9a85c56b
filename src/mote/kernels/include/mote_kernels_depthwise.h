/* SPDX-License-Identifier: Apache-2.0
 *
 * DSP depthwise convolutions of int8 that go row by row, or have three sums in 64 bits, and their parameters; included
 * by mote_kernels.h. They read rows as mote_kernels_convolution.h says. */
#ifndef MOTE_KERNELS_DEPTHWISE_H
#define MOTE_KERNELS_DEPTHWISE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* DSP depthwise convolution 3 x 3 row by row; as mote_depthwise_conv_2d_rows.h says. */
typedef struct {
    const int32_t *weights; /* [computed] mote_depthwise_channel, then [computed] forms of 16 bits */
    uint16_t computed; /* channels */
    uint16_t channels, y_height, y_width, stride_height;
    uint16_t last;          /* column of x that the last turn of a row reads first; 0 where there is one turn */
    uint8_t first;          /* channel that is computed */
    uint8_t is_cut;         /* 1: some channels are not computed */
    uint8_t left_pad, right_pad; /* 1: the first window starts left of the image, the last one ends right of it */
    int8_t constant;        /* result of the other channels */
    int8_t x_zero, y_min, y_max;
} mote_depthwise_channels;

/* DSP depthwise convolution with 3 x 3, 5 x 5 or 7 x 7 taps; as mote_depthwise_conv_2d_slots.h says. */
typedef struct {
    const int32_t *weights; /* mote_slots_channel */
    uint16_t channels, y_height, y_width, stride_height;
    uint8_t first;          /* channel that is computed */
    uint8_t is_cut;         /* 1: some channels are not computed */
    int8_t constant;        /* result of the other channels */
    int8_t x_zero, y_min, y_max;
} mote_depthwise_slot_channels;

void mote_depthwise_conv_2d_s8_dsp_sixes(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y);
void mote_depthwise_conv_2d_s8_dsp_sixes_two(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y);
void mote_depthwise_conv_2d_s8_dsp_sixes_three(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y);
void mote_depthwise_conv_2d_s8_dsp_sixes_four(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y);
void mote_depthwise_conv_2d_s8_dsp_threes(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y);
void mote_depthwise_conv_2d_s8_dsp_threes_two(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y);
void mote_depthwise_conv_2d_s8_dsp_row_3(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y);
void mote_depthwise_conv_2d_s8_dsp_row_4(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y);
void mote_depthwise_conv_2d_s8_dsp_row_5(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y);
void mote_depthwise_conv_2d_s8_dsp_row_6(const mote_depthwise_channels *layer, const int8_t *const *x, int8_t *y);

void mote_depthwise_conv_2d_s8_dsp_slots_3_by_8(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                int8_t *y, void *scratch);
void mote_depthwise_conv_2d_s8_dsp_slots_3_by_4(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                int8_t *y, void *scratch);
void mote_depthwise_conv_2d_s8_dsp_slots_3_by_9(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                int8_t *y, void *scratch);
void mote_depthwise_conv_2d_s8_dsp_slots_5_by_8(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                int8_t *y, void *scratch);
void mote_depthwise_conv_2d_s8_dsp_slots_5_by_4(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                int8_t *y, void *scratch);
void mote_depthwise_conv_2d_s8_dsp_slots_7_by_8(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                int8_t *y, void *scratch);
void mote_depthwise_conv_2d_s8_dsp_slots_7_two_by_8(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                    int8_t *y, void *scratch);
void mote_depthwise_conv_2d_s8_dsp_slots_7_two_by_4(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                    int8_t *y, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
