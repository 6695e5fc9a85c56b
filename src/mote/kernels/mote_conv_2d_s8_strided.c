/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_conv_2d_s8 for pixels that lie apart; all of it in mote_conv_2d.h.
 *
 * x, y: as there, but some channels of larger tensors, as mote_strides.h says.  Scratch: none. */
#define MOTE_NIBBLES 0
#define MOTE_STRIDED 1
#define MOTE_CONV_2D                                                                                 \
    void mote_conv_2d_s8_strided(const mote_conv_2d_rows *layer, const int8_t *const *x, int8_t *y,  \
                                 const mote_strides *strides)
#include "mote_conv_2d.h"
#include "mote_kernels_strided.h"
