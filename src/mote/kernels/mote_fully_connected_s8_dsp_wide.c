/* SPDX-License-Identifier: Apache-2.0
 *
 * Fully connected with SMLAD, double rounding, for sums of 2^23 and more; see mote_fully_connected_dsp.h. */
#define MOTE_WIDE 1
#include "mote_fully_connected_dsp.h"

void mote_fully_connected_s8_dsp_wide(const mote_fully_connected *layer, const int8_t *x, int8_t *y)
{
    mote_fully_connected_dsp(layer, x, y);
}
