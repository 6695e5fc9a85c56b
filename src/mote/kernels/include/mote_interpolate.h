/* SPDX-License-Identifier: Apache-2.0
 *
 * The value of an int16 function between entries of a table of 513, one for every 128th integer.
 *
 * Conversions to int16 wrap on every compiler that Mote supports; they matter only for functions that
 * rise by more than 32767 from one entry to the next. */
#ifndef MOTE_INTERPOLATE_H
#define MOTE_INTERPOLATE_H

#include <stdint.h>

static inline int16_t mote_interpolate(const int16_t *table, int32_t x)
{
    const int16_t *entry = table + (x >> 7) + 256;
    const int32_t base = entry[0];
    const int16_t slope = (int16_t)(entry[1] - base);
    return (int16_t)(base + ((slope * (x & 127) + 64) >> 7));
}

#endif
