/* SPDX-License-Identifier: Apache-2.0
 *
 * Fully connected with 4-bit weights and SMLAD, double rounding; see mote_fully_connected_dsp.h. */
#define MOTE_WIDE 1
#define MOTE_NIBBLES 1
#include "mote_fully_connected_dsp.h"

void mote_fully_connected_s8_w4_dsp(const mote_fully_connected *layer, const int8_t *x, int8_t *y)
{
    mote_fully_connected_dsp(layer, x, y);
}
