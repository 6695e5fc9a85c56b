/* SPDX-License-Identifier: Apache-2.0
 *
 * The last step of the Winograd convolutions: from a sum to int8, for one output channel. */
#ifndef MOTE_WINOGRAD_FINISH_H
#define MOTE_WINOGRAD_FINISH_H

#include "mote_dsp.h"

#ifndef MOTE_SINGLE
#define MOTE_SINGLE 0
#endif

typedef struct {
    uint32_t start; /* added at position (1, 1), from where it reaches every result of the tile */
    int32_t bias;   /* of tiles 4 x 4: added to twice the sum */
    int32_t multiplier;
    int32_t offset; /* as mote_finish_double says */
    int32_t right;
    uint32_t place;                /* in the pixels of y */
    uint32_t row_step, pixel_step; /* from a row of y to the next, from a pixel */
} mote_winograd_channel;

/* twice: the sum, bias included. */
static inline int8_t mote_winograd_finish(int32_t twice, const mote_winograd_channel *channel)
{
    return (int8_t)mote_finish(twice, channel->multiplier, channel->offset, channel->right, !MOTE_SINGLE);
}

#endif
