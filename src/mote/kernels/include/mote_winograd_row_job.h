/* SPDX-License-Identifier: Apache-2.0
 *
 * What multiplies the transformed rows of two tiles with all output channels, and stores the results, is told. */
#ifndef MOTE_WINOGRAD_ROW_JOB_H
#define MOTE_WINOGRAD_ROW_JOB_H

#include <stdint.h>

/* Groups in a round of the multiplication; three rows have as many each, so that often none is left. */
#define MOTE_WINOGRAD_ROW_AT_ONCE 12
#define MOTE_WINOGRAD_ROW_FOUR_GROUPS                                                                \
    MOTE_WINOGRAD_FOUR(MOTE_WINOGRAD_ADD) MOTE_WINOGRAD_FOUR(MOTE_WINOGRAD_ADD)                      \
    MOTE_WINOGRAD_FOUR(MOTE_WINOGRAD_ADD) MOTE_WINOGRAD_FOUR(MOTE_WINOGRAD_ADD)
#define MOTE_WINOGRAD_ROW_GROUPS                                                                     \
    MOTE_WINOGRAD_ROW_FOUR_GROUPS MOTE_WINOGRAD_ROW_FOUR_GROUPS MOTE_WINOGRAD_ROW_FOUR_GROUPS

typedef struct {
    const int16_t *weights; /* [quads][positions][2 * groups][4 channels][2] */
    uint32_t groups;        /* of 4 input channels, of all three rows */
    uint32_t skip;          /* mote_winograd_row_skip of the groups that rounds multiply */
    const uint32_t *x;      /* [positions][2 * groups][2 tiles] */
    uint32_t *sums;         /* [quads][2][4 channels][2 tiles], where they are kept between thirds */
    const int32_t *channels, *channels_end; /* as mote_winograd_row.h says */
    int8_t *y;
    uint32_t steps[3]; /* from result 0 of a tile to 1, 2 and 3; 0 where there is none, before result 0 is stored */
    uint32_t second;   /* from the first tile to the second one, which is stored first */
} mote_winograd_row_job;

/* Of the groups in a round, how many the first round leaves out. */
static inline uint32_t mote_winograd_row_skip(uint32_t groups)
{
    return MOTE_WINOGRAD_ROW_AT_ONCE - 1 - (groups + MOTE_WINOGRAD_ROW_AT_ONCE - 1) % MOTE_WINOGRAD_ROW_AT_ONCE;
}

/* Where a tile begins that would begin at a column, but lies within a row where that has four pixels. */
static inline int32_t mote_winograd_row_begin(int32_t column, int32_t width)
{
    const int32_t farthest = width < 4 ? 0 : width - 4;
    return column < farthest ? column : farthest;
}

#endif
