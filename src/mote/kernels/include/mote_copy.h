/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies and fills of any number of bytes. */
#ifndef MOTE_COPY_H
#define MOTE_COPY_H

#include "mote_dsp.h"

/* Copies count bytes, mostly by words; returns the end of what it wrote. */
MOTE_SHARED int8_t *mote_copy(int8_t *to, const int8_t *from, int32_t count)
{
    for (count -= 16; count >= 0; count -= 16, to += 16, from += 16) {
        for (int32_t i = 0; i < 16; i += 8) {
            const uint32_t w0 = mote_read32(from + i), w1 = mote_read32(from + i + 4);
            mote_write32(to + i, w0);
            mote_write32(to + i + 4, w1);
        }
        MOTE_COUNTER(count);
    }
    for (count += 12; count >= 0; count -= 4, to += 4, from += 4) {
        mote_write32(to, mote_read32(from));
        MOTE_COUNTER(count);
    }
    for (count += 3; count >= 0; count--) {
        *to++ = *from++;
        MOTE_COUNTER(count);
    }
    return to;
}

/* Writes count times the same byte; returns the end of what it wrote. */
MOTE_SHARED int8_t *mote_fill(int8_t *to, int8_t value, int32_t count)
{
    const uint32_t word = (uint8_t)value * 0x01010101u;
    for (count -= 16; count >= 0; count -= 16, to += 16) {
        mote_write32(to, word);
        mote_write32(to + 4, word);
        mote_write32(to + 8, word);
        mote_write32(to + 12, word);
        MOTE_COUNTER(count);
    }
    for (count += 12; count >= 0; count -= 4, to += 4) {
        mote_write32(to, word);
        MOTE_COUNTER(count);
    }
    for (count += 3; count >= 0; count--) {
        *to++ = value;
        MOTE_COUNTER(count);
    }
    return to;
}

#endif
