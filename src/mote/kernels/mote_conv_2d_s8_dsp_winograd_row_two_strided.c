/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_conv_2d_s8_dsp_winograd_row_two for pixels that lie apart, as mote_strides.h says; see
 * mote_winograd_row_two.h. */
#define MOTE_STRIDED 1
#include "mote_kernels_strided.h"
#include "mote_winograd_row_two.h"

void mote_conv_2d_s8_dsp_winograd_row_two_strided(const mote_conv_2d_winograd *layer, const int8_t *const *x,
                                                  int8_t *y, void *scratch, const mote_strides *strides)
{
    mote_conv_2d_winograd_row_two(layer, x, y, scratch, strides);
}
