/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 of maps that are 9 pixels wide; see
 * mote_depthwise_conv_2d_slots.h. */
#define MOTE_SLOTS_TAPS 3
#define MOTE_SLOTS_PAIRS 5
#define MOTE_SLOTS_STRIDE 1
#include "mote_depthwise_conv_2d_slots.h"

void mote_depthwise_conv_2d_s8_dsp_slots_3_by_9(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                int8_t *y, void *scratch)
{
    mote_depthwise_conv_2d_slots(layer, x, y, scratch);
}
