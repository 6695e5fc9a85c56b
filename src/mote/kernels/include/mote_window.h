/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of a kernel that lies inside the image, for one dimension of one output. */
#ifndef MOTE_WINDOW_H
#define MOTE_WINDOW_H

#include <stdint.h>

/* Kernel taps first..last - 1 read inside the image; first == last when all are outside. */
typedef struct {
    int32_t first, last;
} mote_window;

/* start: where tap 0 reads, may be outside. Taps are few: counting beats dividing on small cores. */
static inline mote_window mote_clip(int32_t start, int32_t dilation, int32_t taps, int32_t size)
{
    mote_window inside = {0, 0};
    for (; inside.first < taps && start < 0; start += dilation)
        inside.first++;
    for (inside.last = inside.first; inside.last < taps && start < size; start += dilation)
        inside.last++;
    return inside;
}

/* The rows, of count, that lie inside the image; those outside, which are null, stand at the ends. */
static inline mote_window mote_rows_inside(const void *const *rows, int32_t count)
{
    mote_window inside = {0, 0};
    while (inside.first < count && !rows[inside.first])
        inside.first++;
    for (inside.last = inside.first; inside.last < count && rows[inside.last];)
        inside.last++;
    return inside;
}

#endif
