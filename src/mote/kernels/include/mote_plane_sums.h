/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums over a plane that comes in parts, channel by channel, for the kernels of global pooling.
 *
 * Between calls the sums are in the state, [channels] MOTE_SUM. The last call turns each into a result by
 * finish(context, sum). One call for all of the plane leaves the state alone.
 *
 * The file that includes this defines MOTE_ELEMENT as the type of an element and MOTE_SUM as that of a sum. */
#ifndef MOTE_PLANE_SUMS_H
#define MOTE_PLANE_SUMS_H

#include <stdint.h>

#ifndef MOTE_ELEMENT
#define MOTE_ELEMENT int8_t
#define MOTE_SUM int32_t
#endif

/* Adds the cells of four channels side by side. */
static inline void mote_add_cells(const MOTE_ELEMENT *cell, uint32_t cells, uint32_t step, MOTE_SUM *sum)
{
    MOTE_SUM sum0 = sum[0], sum1 = sum[1], sum2 = sum[2], sum3 = sum[3];
    for (; cells > 0; cells--) {
        sum0 += cell[0];
        sum1 += cell[1];
        sum2 += cell[2];
        sum3 += cell[3];
        cell += step;
    }
    sum[0] = sum0;
    sum[1] = sum1;
    sum[2] = sum2;
    sum[3] = sum3;
}

#define MOTE_SUM_PLANE(finish, context, layer, x, y, state, call)                                    \
    const uint32_t channels = (layer)->channels, cells = (layer)->part;                              \
    const int is_first = (call) == 0, is_last = ((call) + 1) * cells == (layer)->cells;              \
    MOTE_SUM *kept = state;                                                                          \
    uint32_t c = 0;                                                                                  \
    for (; c + 4 <= channels; c += 4) {                                                              \
        MOTE_SUM sum[4] = {0, 0, 0, 0};                                                              \
        if (!is_first) {                                                                             \
            sum[0] = kept[c];                                                                        \
            sum[1] = kept[c + 1];                                                                    \
            sum[2] = kept[c + 2];                                                                    \
            sum[3] = kept[c + 3];                                                                    \
        }                                                                                            \
        mote_add_cells((x) + c, cells, channels, sum);                                               \
        if (is_last) {                                                                               \
            (y)[c] = finish(context, sum[0]);                                                        \
            (y)[c + 1] = finish(context, sum[1]);                                                    \
            (y)[c + 2] = finish(context, sum[2]);                                                    \
            (y)[c + 3] = finish(context, sum[3]);                                                    \
        } else {                                                                                     \
            kept[c] = sum[0];                                                                        \
            kept[c + 1] = sum[1];                                                                    \
            kept[c + 2] = sum[2];                                                                    \
            kept[c + 3] = sum[3];                                                                    \
        }                                                                                            \
    }                                                                                                \
    for (; c < channels; c++) {                                                                      \
        MOTE_SUM sum = is_first ? 0 : kept[c];                                                       \
        for (uint32_t i = 0; i < cells; i++)                                                         \
            sum += (x)[i * channels + c];                                                            \
        if (is_last)                                                                                 \
            (y)[c] = finish(context, sum);                                                           \
        else                                                                                         \
            kept[c] = sum;                                                                           \
    }

#endif
