/* SPDX-License-Identifier: Apache-2.0
 *
 * y[b,i,j,c] = clamp(max) over the part of the window that lies inside x; NaN where a cell is NaN. The
 * windows are in mote_pool_f32.h.
 *
 * x: [batches, x_height, x_width, channels] float.
 * y: [batches, y_height, y_width, channels] float, must not overlap x.
 * Scratch: none. Cost: two comparisons per cell of a window. */
#include "mote_pool_f32.h"

/* The largest of rows x columns cells, for every channel. */
static inline void maximum(const mote_pool_2d_float *layer, const float *x, uint32_t rows,
                           uint32_t columns, float *y)
{
    const uint32_t channels = layer->channels, row_step = channels * layer->x_width;
    for (uint32_t c = 0; c < channels; c++) {
        float largest = x[c];
        const float *row = x + c;
        for (uint32_t i = rows; i > 0; i--) {
            const float *cell = row;
            for (uint32_t j = columns; j > 0; j--) {
                largest = *cell > largest || *cell != *cell ? *cell : largest;
                cell += channels;
            }
            row += row_step;
        }
        y[c] = mote_clamp_f32(largest, layer->y_min, layer->y_max);
    }
}

void mote_max_pool_2d_f32(const mote_pool_2d_float *layer, const float *x, float *y)
{
    MOTE_POOL(maximum, layer, x, y)
}
