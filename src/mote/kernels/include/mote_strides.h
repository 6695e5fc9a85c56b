/* SPDX-License-Identifier: Apache-2.0
 *
 * Pixels that do not lie one behind the other: the channels of an operand or result are some of those of a larger
 * tensor. A kernel file that defines MOTE_STRIDED as 1 before it includes what it is made of is told how far they
 * lie from each other; in the others this header leaves no trace. */
#ifndef MOTE_STRIDES_H
#define MOTE_STRIDES_H

#include <stdint.h>

/* In elements. Rows of a call lie one behind the other, as many pixels apart as they have. */
typedef struct {
    uint16_t x[2];     /* from one pixel of each operand to its next */
    uint16_t y;        /* alike */
    uint16_t channels; /* of the result */
} mote_strides;

#ifndef MOTE_STRIDED
#define MOTE_STRIDED 0
#endif

/* What functions take and give besides, and distances where packed pixels have so many channels. */
#if MOTE_STRIDED
#define MOTE_STRIDES_TAKEN , const mote_strides *strides
#define MOTE_STRIDES_GIVEN , strides
#define MOTE_X_PIXEL(channels) ((void)(channels), strides->x[0])
#define MOTE_Y_PIXEL(channels) ((void)(channels), strides->y)
#define MOTE_SHARED_NAME(name) name##_strided /* one for each of the two choices */
#else
#define MOTE_STRIDES_TAKEN
#define MOTE_STRIDES_GIVEN
#define MOTE_X_PIXEL(channels) (channels)
#define MOTE_Y_PIXEL(channels) (channels)
#define MOTE_SHARED_NAME(name) name
#endif

#endif
