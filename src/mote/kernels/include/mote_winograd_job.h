/* SPDX-License-Identifier: Apache-2.0
 *
 * What the inner parts of the Winograd convolutions are told: mote_winograd_multiply.h for two tiles, or
 * mote_winograd_multiply_one.h for one, and four output channels. MOTE_TILES says which; it also says where the
 * transforms put inputs and find sums. */
#ifndef MOTE_WINOGRAD_JOB_H
#define MOTE_WINOGRAD_JOB_H

#include <stdint.h>

#ifndef MOTE_TILES
#define MOTE_TILES 2
#endif
/* Groups of 4 input channels in a round of the multiplication, 4 or 8. */
#ifndef MOTE_WINOGRAD_AT_ONCE
#define MOTE_WINOGRAD_AT_ONCE 4
#endif
#if MOTE_WINOGRAD_AT_ONCE == 8
#define MOTE_WINOGRAD_REPEAT(four) four four four four four four four four
#else
#define MOTE_WINOGRAD_REPEAT(four) four four four four
#endif
/* Words of sums of a position, [4 channels][MOTE_TILES]; both also as text. */
#define MOTE_WINOGRAD_SUMS (4 * MOTE_TILES)
#if MOTE_TILES == 2
#define MOTE_WINOGRAD_SUMS_TEXT "8"
#define MOTE_WINOGRAD_TILES_TEXT "2"
#else
#define MOTE_WINOGRAD_SUMS_TEXT "4"
#define MOTE_WINOGRAD_TILES_TEXT "1"
#endif

typedef struct {
    const int16_t *weights;
    const int16_t *weights_end;
    const uint32_t *x;
    uint32_t *sums;
    uint32_t fours; /* groups of 4 input channels, at least 1 */
    uint32_t skip;  /* mote_winograd_skip(fours) */
} mote_winograd_job;

/* Of the groups in a round, how many the first round leaves out; one group precedes the rounds. */
static inline uint32_t mote_winograd_skip(uint32_t fours)
{
    return fours > 1 ? (1 - fours) & (MOTE_WINOGRAD_AT_ONCE - 1) : MOTE_WINOGRAD_AT_ONCE;
}

#endif
