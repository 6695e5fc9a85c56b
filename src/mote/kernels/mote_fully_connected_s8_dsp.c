/* SPDX-License-Identifier: Apache-2.0
 *
 * Fully connected with SMLAD, double rounding; see mote_fully_connected_dsp.h. */
#include "mote_fully_connected_dsp.h"

void mote_fully_connected_s8_dsp(const mote_fully_connected *layer, const int8_t *x, int8_t *y)
{
    mote_fully_connected_dsp(layer, x, y);
}
