/* SPDX-License-Identifier: Apache-2.0
 *
 * Portable convolution with 4-bit weights; all of it in mote_conv_2d_w4.h. */
#define MOTE_CONV_2D_W4                                                                              \
    void mote_conv_2d_s8_w4(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y, void *scratch)
#include "mote_conv_2d_w4.h"
