/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums over a plane that comes in parts, channel by channel, for the kernels of global pooling.
 *
 * Between calls the sums are in the state, [channels] MOTE_SUM. The last call turns each into a result by
 * finish(context, sum). One call for all of the plane leaves the state alone.
 *
 * The file that includes this defines MOTE_ELEMENT as the type of an element and MOTE_SUM as that of a sum; if these
 * are int8_t and int32_t, MOTE_PLANE_BYTES as 1, so that cores with MVE add sixteen channels at a time, and cores with
 * DSP two channels with one addition. */
#ifndef MOTE_PLANE_SUMS_H
#define MOTE_PLANE_SUMS_H

#include <stdint.h>

#ifndef MOTE_ELEMENT
#define MOTE_ELEMENT int8_t
#define MOTE_SUM int32_t
#endif

#if defined(MOTE_PLANE_BYTES) && defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE
#define MOTE_PLANE_LANES 16u
/* Adds the cells of sixteen channels side by side, of which there is at least one, to the sums at from. */
static inline void mote_add_lanes(const int8_t *cell, uint32_t cells, uint32_t step, const int32_t *from, int32_t *to)
{
    __asm volatile("vldrw.u32 q0, [%3]\n\t"
                   "vldrw.u32 q1, [%3, #16]\n\t"
                   "vldrw.u32 q2, [%3, #32]\n\t"
                   "vldrw.u32 q3, [%3, #48]\n\t"
                   "dls lr, %1\n\t"
                   "1: vldrb.s32 q4, [%0]\n\t"
                   "vadd.i32 q0, q0, q4\n\t"
                   "vldrb.s32 q5, [%0, #4]\n\t"
                   "vadd.i32 q1, q1, q5\n\t"
                   "vldrb.s32 q4, [%0, #8]\n\t"
                   "vadd.i32 q2, q2, q4\n\t"
                   "vldrb.s32 q5, [%0, #12]\n\t"
                   "vadd.i32 q3, q3, q5\n\t"
                   "add %0, %0, %2\n\t"
                   "le lr, 1b\n\t"
                   "vstrw.32 q0, [%4]\n\t"
                   "vstrw.32 q1, [%4, #16]\n\t"
                   "vstrw.32 q2, [%4, #32]\n\t"
                   "vstrw.32 q3, [%4, #48]"
                   : "+l"(cell)
                   : "r"(cells), "r"(step), "r"(from), "r"(to)
                   : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "memory");
}
#else
#define MOTE_PLANE_LANES 4u
#define mote_add_lanes mote_add_cells
#endif

#if defined(MOTE_PLANE_BYTES) && defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && MOTE_PLANE_LANES == 4u
#include "mote_dsp.h"

#define MOTE_PLANE_AT_ONCE 256u /* cells whose sum fits int16, 256 * -128 = -2^15 */

/* Adds the cells of four channels side by side to the sums at from. */
static inline void mote_add_cells(const int8_t *cell, uint32_t cells, uint32_t step, const int32_t *from, int32_t *to)
{
    int32_t sum0 = from[0], sum1 = from[1], sum2 = from[2], sum3 = from[3];
    while (cells > 0) {
        uint32_t some = cells < MOTE_PLANE_AT_ONCE ? cells : MOTE_PLANE_AT_ONCE;
        uint32_t even = 0, odd = 0;
        cells -= some;
        if (some & 1u) {
            const uint32_t bytes = mote_read32(cell);
            even = mote_sxtb16(bytes);
            odd = mote_sxtb16_ror8(bytes);
            cell += step;
        }
        for (some >>= 1; some > 0; some--) {
            const uint32_t bytes = mote_read32(cell), next = mote_read32(cell + step);
            even = mote_sxtab16(even, bytes);
            odd = mote_sxtab16_ror8(odd, bytes);
            even = mote_sxtab16(even, next);
            odd = mote_sxtab16_ror8(odd, next);
            cell += 2 * step;
        }
        sum0 += (int16_t)(uint16_t)even;
        sum1 += (int16_t)(uint16_t)odd;
        sum2 += (int32_t)even >> 16;
        sum3 += (int32_t)odd >> 16;
    }
    to[0] = sum0;
    to[1] = sum1;
    to[2] = sum2;
    to[3] = sum3;
}
#else
/* Adds the cells of four channels side by side to the sums at from. */
static inline void mote_add_cells(const MOTE_ELEMENT *cell, uint32_t cells, uint32_t step,
                                  const MOTE_SUM *from, MOTE_SUM *to)
{
    MOTE_SUM sum0 = from[0], sum1 = from[1], sum2 = from[2], sum3 = from[3];
    for (; cells > 0; cells--) {
        sum0 += cell[0];
        sum1 += cell[1];
        sum2 += cell[2];
        sum3 += cell[3];
        cell += step;
    }
    to[0] = sum0;
    to[1] = sum1;
    to[2] = sum2;
    to[3] = sum3;
}
#endif

/* The same for one channel. */
static inline void mote_add_cell(const MOTE_ELEMENT *cell, uint32_t cells, uint32_t step,
                                 const MOTE_SUM *from, MOTE_SUM *to)
{
    MOTE_SUM sum = *from;
    for (; cells > 0; cells--, cell += step)
        sum += *cell;
    *to = sum;
}

#define MOTE_SUM_PLANE(finish, context, layer, x, y, state, call)                                    \
    const uint32_t channels = (layer)->channels, cells = (layer)->part;                              \
    const int is_first = (call) == 0, is_last = ((call) + 1) * cells == (layer)->cells;              \
    const MOTE_SUM zeros[MOTE_PLANE_LANES] = {0};                                                    \
    MOTE_SUM sums[MOTE_PLANE_LANES], *kept = state;                                                  \
    for (uint32_t c = 0, lanes; c < channels; c += lanes) {                                          \
        const MOTE_SUM *from = is_first ? zeros : kept + c;                                          \
        MOTE_SUM *to = is_last ? sums : kept + c;                                                    \
        lanes = channels - c < 4 ? 1 : channels - c < MOTE_PLANE_LANES ? 4 : MOTE_PLANE_LANES;       \
        if (lanes > 4)                                                                               \
            mote_add_lanes((x) + c, cells, channels, from, to);                                      \
        else if (lanes == 4)                                                                         \
            mote_add_cells((x) + c, cells, channels, from, to);                                      \
        else                                                                                         \
            mote_add_cell((x) + c, cells, channels, from, to);                                       \
        if (is_last)                                                                                 \
            for (uint32_t i = 0; i < lanes; i++)                                                     \
                (y)[c + i] = finish(context, sums[i]);                                               \
    }

#endif
