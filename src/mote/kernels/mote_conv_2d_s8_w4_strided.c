/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_conv_2d_s8_w4 for pixels that lie apart, as mote_strides.h says; all of it in mote_conv_2d_w4.h. */
#define MOTE_STRIDED 1
#define MOTE_CONV_2D_W4                                                                              \
    void mote_conv_2d_s8_w4_strided(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y, \
                                    void *scratch, const mote_strides *strides)
#include "mote_conv_2d_w4.h"
#include "mote_kernels_strided.h"
