/* SPDX-License-Identifier: Apache-2.0
 *
 * Pixels as the lanes that mote_multiply_4.h multiplies. */
#ifndef MOTE_WIDEN_H
#define MOTE_WIDEN_H

#include "mote_dsp.h"

/* Four bytes become the lanes (0, 2) and (1, 3) of a pixel; step: words from one to the next, which is the
 * number of pixels side by side. count: a positive multiple of 4. */
static inline uint32_t *mote_widen(uint32_t *lane, const int8_t *x, int32_t count, uint32_t step)
{
    const int8_t *end = x + count;
    do {
        uint32_t word = mote_read32(x);
        lane[0] = mote_sxtb16(word);
        lane[step] = mote_sxtb16_ror8(word);
        lane += 2 * step;
        x += 4;
    } while (x != end);
    return lane;
}

#endif
