/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,c] = clamp(max) over the part of the window that lies inside the image.
 *
 * x: rows of [x_width, channels] int16, as mote_pool_rows says.
 * y: [y_height, y_width, channels] int16, must not overlap x.
 * Scratch: none. Cost: one comparison per cell of a window. */
#include "mote_kernels.h"
#include "mote_pool.h"

/* The largest cell of a window, for every channel. */
static inline void maximum(const mote_pool_rows *layer, const int16_t *const *x, mote_window rows, uint32_t column,
                           uint32_t columns, int16_t *y)
{
    const uint32_t channels = layer->channels;
    const int32_t low = layer->y_min, high = layer->y_max;
    for (uint32_t c = 0; c < channels; c++) {
        int32_t largest = low;
        for (int32_t i = rows.first; i < rows.last; i++) {
            const int16_t *cell = x[i] + column * channels + c;
            for (uint32_t j = columns; j > 0; j--) {
                largest = *cell > largest ? *cell : largest;
                cell += channels;
            }
        }
        y[c] = (int16_t)(largest > high ? high : largest);
    }
}

void mote_max_pool_2d_s16(const mote_pool_rows *layer, const int16_t *const *x, int16_t *y)
{
    MOTE_POOL(maximum, layer, x, y)
}
