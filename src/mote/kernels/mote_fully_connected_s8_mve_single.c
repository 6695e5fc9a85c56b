/* SPDX-License-Identifier: Apache-2.0
 *
 * Fully connected with MVE, single rounding; see mote_fully_connected_mve.h. */
#define MOTE_SINGLE 1
#include "mote_fully_connected_mve.h"

void mote_fully_connected_s8_mve_single(const mote_fully_connected_vectors *layer, const int8_t *x, int8_t *y)
{
    mote_fully_connected_mve(layer, x, y);
}
