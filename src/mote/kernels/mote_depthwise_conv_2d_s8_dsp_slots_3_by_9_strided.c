/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_depthwise_conv_2d_s8_dsp_slots_3_by_9 for pixels that lie apart, as mote_strides.h says; see
 * mote_depthwise_conv_2d_slots.h. */
#define MOTE_STRIDED 1
#define MOTE_SLOTS_TAPS 3
#define MOTE_SLOTS_PAIRS 5
#define MOTE_SLOTS_STRIDE 1
#include "mote_depthwise_conv_2d_slots.h"
#include "mote_kernels_strided.h"

void mote_depthwise_conv_2d_s8_dsp_slots_3_by_9_strided(const mote_depthwise_slot_channels *layer, const int8_t *const *x,
                                                        int8_t *y, void *scratch, const mote_strides *strides)
{
    mote_depthwise_conv_2d_slots(layer, x, y, scratch, strides);
}
