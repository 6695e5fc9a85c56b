/* SPDX-License-Identifier: Apache-2.0
 *
 * How far the rows of a window lie apart: anywhere in the arena, but often one distance leads through all. */
#ifndef MOTE_DISTANCE_H
#define MOTE_DISTANCE_H

#include "mote_window.h"

/* In bytes; the rows need not belong to one array. */
static inline intptr_t mote_distance(const int8_t *from, const int8_t *to)
{
    return (intptr_t)((uintptr_t)to - (uintptr_t)from);
}

/* Rows of a window through which one distance leads: the first ones inside the image. */
typedef struct {
    int32_t count;     /* all that are inside, or two */
    intptr_t distance; /* from each to the next */
} mote_even_rows;

/* Tap i reads rows[i * dilation]. */
static inline mote_even_rows mote_first_even_rows(const int8_t *const *rows, int32_t dilation,
                                                  mote_window inside)
{
    mote_even_rows even = {inside.last - inside.first, 0};
    rows += inside.first * dilation;
    if (even.count > 1)
        even.distance = mote_distance(rows[0], rows[dilation]);
    for (int32_t i = 2; i < even.count; i++)
        if (mote_distance(rows[(i - 1) * dilation], rows[i * dilation]) != even.distance)
            even.count = 2;
    return even;
}

#endif
