/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution 1 x 1 with SMLAL, requantisation by a line, sums that fill slots, but for a few channels; see
 * mote_line_points.h and mote_line_rest.h. */
#define MOTE_ONE 1
#define MOTE_WIDE 1
#include "mote_line_points.h"
#include "mote_line_rest.h"

void mote_conv_2d_s8_dsp_chain_affine_points_wide_rest(const mote_conv_2d_line *layer, const int8_t *const *x,
                                                       int8_t *y, void *scratch, void *state, uint32_t call)
{
    mote_line_points(layer, x, y, scratch, state, call);
    mote_line_rest(layer, x, y);
}
