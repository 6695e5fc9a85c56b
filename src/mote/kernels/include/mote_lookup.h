/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = table[byte of x[i]]: what the kernels that look bytes up share.
 *
 * Four at a time: loads that follow each other cost one cycle less each on most cores. Every byte of
 * a group is read before one is written, so y may be x or start below it. */
#ifndef MOTE_LOOKUP_H
#define MOTE_LOOKUP_H

#include <stdint.h>

static inline void mote_lookup_bytes(const void *entries, const void *from, void *to, uint32_t count)
{
    const uint8_t *table = entries, *x = from;
    uint8_t *y = to;
    for (uint8_t *end = y + (count & ~3u); y != end; x += 4, y += 4) {
        const uint32_t i0 = x[0], i1 = x[1], i2 = x[2], i3 = x[3];
        const uint8_t t0 = table[i0], t1 = table[i1], t2 = table[i2], t3 = table[i3];
        y[0] = t0;
        y[1] = t1;
        y[2] = t2;
        y[3] = t3;
    }
    for (uint32_t n = count & 3u; n > 0; n--) {
        *y++ = table[*x++];
    }
}

#endif
