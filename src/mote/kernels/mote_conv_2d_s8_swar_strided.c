/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_conv_2d_s8_swar for pixels that lie apart; see mote_conv_2d_swar.h. */
#define MOTE_STRIDED 1
#include "mote_conv_2d_swar.h"

#include "mote_kernels_strided.h"

void mote_conv_2d_s8_swar_strided(const mote_conv_2d_swar *layer, const int8_t *const *x, int8_t *y,
                                  void *scratch, const mote_strides *strides)
{
    mote_conv_2d_by_swar(layer, x, y, scratch, strides);
}
