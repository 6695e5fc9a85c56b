/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_depthwise_conv_2d_s8 for pixels that lie apart, as mote_strides.h says; all of it in
 * mote_depthwise_conv_2d.h. */
#define MOTE_STRIDED 1
#define MOTE_DEPTHWISE_CONV_2D                                                                       \
    void mote_depthwise_conv_2d_s8_strided(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y, \
                                           const mote_strides *strides)
#include "mote_depthwise_conv_2d.h"
#include "mote_kernels_strided.h"
