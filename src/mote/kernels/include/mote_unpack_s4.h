/* SPDX-License-Identifier: Apache-2.0
 *
 * 4-bit weights, -8..7, two in a byte with the first in the low half, as bytes. */
#ifndef MOTE_UNPACK_S4_H
#define MOTE_UNPACK_S4_H

#include <stdint.h>

/* Writes count bytes; reads half as many, rounded up. */
static inline void mote_unpack_s4(int8_t *to, const int8_t *packed, uint32_t count)
{
    const int8_t *const end = to + (count & ~1u);
    while (to != end) {
        const int32_t both = *packed++;
        /* (low ^ 8) - 8 extends the sign of 4 bits. */
        *to++ = (int8_t)(((both & 15) ^ 8) - 8);
        *to++ = (int8_t)(both >> 4);
    }
    if (count & 1u)
        *to = (int8_t)(((*packed & 15) ^ 8) - 8);
}

#endif
