/* SPDX-License-Identifier: Apache-2.0
 *
 * The last part of the portable kernels with weights: sums of some channels to int8. */
#ifndef MOTE_OUTPUT_H
#define MOTE_OUTPUT_H

#include "mote_kernels.h"
#include "mote_requantize.h"

/* Copied out of the layer, in whole words: cheaper to read, and y cannot alias it. */
typedef struct {
    const int32_t *multiplier;
    const uint8_t *shift;
    int32_t shift_base;
    uint32_t shift_bits;
    int32_t double_rounding;
    int32_t y_zero, y_min, y_max;
    uint32_t channel_mask; /* 0 when all channels share one multiplier and shift, else all ones */
} mote_output;

#define MOTE_OUTPUT(layer, is_per_channel)                                                           \
    {                                                                                                \
        (layer)->multiplier, (layer)->shift, (layer)->shift_base, (layer)->shift_bits,               \
            (layer)->double_rounding, (layer)->y_zero, (layer)->y_min, (layer)->y_max,               \
            (is_per_channel) ? UINT32_MAX : 0u                                                       \
    }

static inline void mote_put_outputs(const mote_output *p, uint32_t channel, uint32_t count,
                                    const int32_t *sum, int8_t *y)
{
    for (const uint32_t end = channel + count; channel < end; channel++) {
        const uint32_t c = channel & p->channel_mask;
        const int right = mote_right_shift(p->shift, p->shift_base, p->shift_bits, c);
        int32_t value = mote_requantize(*sum++, p->multiplier[c], right, p->double_rounding);
        *y++ = mote_clamp_s8(value + p->y_zero, p->y_min, p->y_max);
    }
}

#endif
