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

/* The taps whose rows lie inside the image: tap i reads rows[i * dilation]. Rows outside, which are null,
 * stand at the ends. When all are, first and last are 0. */
static inline mote_window mote_taps_inside(const void *const *rows, int32_t taps, int32_t dilation)
{
    mote_window inside = {0, taps};
    if (rows[0] && rows[(taps - 1) * dilation])
        return inside;
    while (inside.first < taps && !rows[inside.first * dilation])
        inside.first++;
    if (inside.first == taps)
        inside.first = 0;
    for (inside.last = inside.first; inside.last < taps && rows[inside.last * dilation];)
        inside.last++;
    return inside;
}

/* The rows, of count, that lie inside the image. */
static inline mote_window mote_rows_inside(const void *const *rows, int32_t count)
{
    return mote_taps_inside(rows, count, 1);
}

#endif
