/* SPDX-License-Identifier: Apache-2.0
 *
 * Kernels whose operands and result are some channels of larger tensors. Each computes what the kernel does that
 * has its name without the end; strides say how far pixels lie from each other. */
#ifndef MOTE_KERNELS_STRIDED_H
#define MOTE_KERNELS_STRIDED_H

#include "mote_kernels.h"
#include "mote_strides.h"

#ifdef __cplusplus
extern "C" {
#endif

void mote_conv_2d_s8_strided(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y,
                             const mote_strides *strides);
void mote_conv_2d_s8_w4_strided(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y,
                                void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_swar_strided(const mote_conv_2d_swar *layer, const int8_t *const *x, int8_t *y,
                                  void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_strided(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                 void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_single_strided(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                        void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_wide_strided(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                      void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_wide_single_strided(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                             void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_w4_dsp_strided(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                    void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_w4_dsp_single_strided(const mote_conv_2d_pairs *layer, const int8_t *const *x, int8_t *y,
                                           void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_chain_strided(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                       void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_eight_strided(const mote_conv_2d_eight *layer, const int8_t *const *x, int8_t *y,
                                       const mote_strides *strides);
void mote_conv_2d_s8_dsp_chain_affine_strided(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                              void *scratch, void *state, uint32_t call, const mote_strides *strides);
void mote_conv_2d_s8_dsp_chain_affine_wide_strided(const mote_conv_2d_line *layer, const int8_t *const *x,
                                                   int8_t *y, void *scratch, void *state, uint32_t call,
                                                   const mote_strides *strides);
void mote_conv_2d_s8_dsp_chain_positive_strided(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                                void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_chain_single_strided(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                              void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_chain_packed_strided(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                              void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_chain_packed_double_strided(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                                     void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_chain_split_strided(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                             void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_chain_split_affine_strided(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                                    void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_chain_split_positive_strided(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                                      void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_chain_split_single_strided(const mote_conv_2d_chain *layer, const int8_t *const *x, int8_t *y,
                                                    void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_winograd_2_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                            int8_t *y, void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_winograd_2_single_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                   int8_t *y, void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_winograd_4_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                            int8_t *y, void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_winograd_4_single_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                   int8_t *y, void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_winograd_4_one_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                int8_t *y, void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_winograd_4_one_single_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                       int8_t *y, void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_winograd_row_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                              int8_t *y, void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_winograd_row_single_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                     int8_t *y, void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_winograd_thirds_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                 int8_t *y, void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_winograd_thirds_single_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                        int8_t *y, void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_winograd_row_two_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                  int8_t *y, void *scratch, const mote_strides *strides);
void mote_conv_2d_s8_dsp_winograd_row_two_single_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                         int8_t *y, void *scratch, const mote_strides *strides);
void mote_max_pool_2d_s8_strided(const mote_pool_rows *layer, const int8_t *const *x, int8_t *y,
                                 const mote_strides *strides);
void mote_average_pool_2d_s8_strided(const mote_pool_rows *layer, const int8_t *const *x, int8_t *y,
                                     const mote_strides *strides);
void mote_depthwise_conv_2d_s8_strided(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y,
                                       const mote_strides *strides);
void mote_depthwise_conv_2d_s8_w4_strided(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y,
                                          void *scratch,
                                          const mote_strides *strides);
void mote_depthwise_conv_2d_s8_w4_dsp_3x3_strided(const mote_depthwise_3x3 *layer, const int8_t *const *x, int8_t *y,
                                                  void *scratch,
                                                  const mote_strides *strides);
void mote_depthwise_conv_2d_s8_w4_dsp_3x3_single_strided(const mote_depthwise_3x3 *layer, const int8_t *const *x, int8_t *y,
                                                         void *scratch,
                                                         const mote_strides *strides);
void mote_depthwise_conv_2d_s8_narrow_3x3_strided(const mote_depthwise_narrow_3x3 *layer,
                                                  const int8_t *const *x, int8_t *y,
                                                  const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_3x3_strided(const mote_depthwise_3x3 *layer, const int8_t *const *x,
                                               int8_t *y,
                                               const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_3x3_single_strided(const mote_depthwise_3x3 *layer, const int8_t *const *x,
                                                      int8_t *y,
                                                      const mote_strides *strides);
void mote_depthwise_conv_2d_s8_w4_dsp_strided(const mote_conv_2d_taps *layer, const int8_t *const *x, int8_t *y,
                                              void *scratch, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_w4_dsp_single_strided(const mote_conv_2d_taps *layer, const int8_t *const *x,
                                                     int8_t *y, void *scratch, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_strided(const mote_conv_2d_taps *layer, const int8_t *const *x, int8_t *y,
                                           void *scratch, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_single_strided(const mote_conv_2d_taps *layer, const int8_t *const *x,
                                                  int8_t *y, void *scratch, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_sixes_strided(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                 int8_t *y, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_sixes_two_strided(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                     int8_t *y, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_sixes_three_strided(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                       int8_t *y, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_sixes_four_strided(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                      int8_t *y, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_threes_strided(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                 int8_t *y, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_threes_two_strided(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                      int8_t *y, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_row_3_strided(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                  int8_t *y, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_row_4_strided(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                  int8_t *y, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_row_5_strided(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                  int8_t *y, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_row_6_strided(const mote_depthwise_channels *layer, const int8_t *const *x,
                                                  int8_t *y, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_slots_3_by_8_strided(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                        int8_t *y, void *scratch, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_slots_3_by_4_strided(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                        int8_t *y, void *scratch, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_slots_3_by_9_strided(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                        int8_t *y, void *scratch, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_slots_5_by_8_strided(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                        int8_t *y, void *scratch, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_slots_5_by_4_strided(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                        int8_t *y, void *scratch, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_slots_7_by_8_strided(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                        int8_t *y, void *scratch, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_slots_7_two_by_8_strided(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                            int8_t *y, void *scratch, const mote_strides *strides);
void mote_depthwise_conv_2d_s8_dsp_slots_7_two_by_4_strided(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                            int8_t *y, void *scratch, const mote_strides *strides);
void mote_add_s8_strided(const mote_add *layer, const int8_t *x0, const int8_t *x1, int8_t *y,
                         const mote_strides *strides);
void mote_sub_s8_strided(const mote_add *layer, const int8_t *x0, const int8_t *x1, int8_t *y,
                         const mote_strides *strides);
void mote_table_s8_strided(const mote_lookup_s8 *layer, const int8_t *x, int8_t *y,
                           const mote_strides *strides);
void mote_slice_s8_strided(const mote_walk *layer, const int8_t *x, int8_t *y, const mote_strides *strides);

#ifdef __cplusplus
}
#endif

#endif
