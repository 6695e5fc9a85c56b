/* SPDX-License-Identifier: Apache-2.0
 *
 * What the inner parts of the Winograd convolutions are told: mote_winograd_multiply.h for four tiles and two
 * output channels, or two and four; mote_winograd_multiply_one.h for one tile and four. MOTE_TILES says which; it
 * also says where the transforms put inputs and find sums. */
#ifndef MOTE_WINOGRAD_JOB_H
#define MOTE_WINOGRAD_JOB_H

#include <stdint.h>

#ifndef MOTE_TILES
#define MOTE_TILES 4
#endif
/* Words of sums of a position, also as text: [4 tiles][2 channels], [4 channels][2 tiles], or [4 channels]. */
#if MOTE_TILES == 4
#define MOTE_WINOGRAD_SUMS 8
#define MOTE_WINOGRAD_SUMS_TEXT "8"
#define MOTE_WINOGRAD_TILES_TEXT "4"
#define MOTE_WINOGRAD_AT_ONCE 2u
#elif MOTE_TILES == 2
#define MOTE_WINOGRAD_SUMS 8
#define MOTE_WINOGRAD_SUMS_TEXT "8"
#define MOTE_WINOGRAD_TILES_TEXT "2"
#define MOTE_WINOGRAD_AT_ONCE 4u
#else
#define MOTE_WINOGRAD_SUMS 4
#define MOTE_WINOGRAD_SUMS_TEXT "4"
#define MOTE_WINOGRAD_TILES_TEXT "1"
#define MOTE_WINOGRAD_AT_ONCE 4u
#endif

typedef struct {
    const uint32_t *x;
    const uint32_t *x_end;
    const int16_t *weights;
    uint32_t *sums;
    uint32_t fours;  /* groups of 4 input channels, at least 1 */
    uint32_t skip;   /* mote_winograd_skip(fours) */
    uint32_t second; /* of one tile: bytes from the weights of a pair to those of the other */
} mote_winograd_job;

/* Of the four groups in a round, how many the first round leaves out; one group precedes the rounds. */
static inline uint32_t mote_winograd_skip(uint32_t fours)
{
    return fours > 1 ? (1 - fours) & 3 : 4;
}

#endif
