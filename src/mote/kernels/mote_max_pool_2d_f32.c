/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,c] = clamp(max) over the part of the window that lies inside the image; NaN where a cell is NaN.
 *
 * x: rows of [x_width, channels] float, as mote_pool_rows says.
 * y: [y_height, y_width, channels] float, must not overlap x.
 * Scratch: none. Cost: two comparisons per cell of a window. */
#include "mote_dot_f32.h"
#include "mote_kernels_f32.h"
#include "mote_pool.h"

/* The largest cell of a window, for every channel. */
static inline void maximum(const mote_pool_rows_float *layer, const float *const *x, mote_window rows,
                           uint32_t column, uint32_t columns, float *y)
{
    const uint32_t channels = layer->channels;
    for (uint32_t c = 0; c < channels; c++) {
        float largest = x[rows.first][column * channels + c];
        for (int32_t i = rows.first; i < rows.last; i++) {
            const float *cell = x[i] + column * channels + c;
            for (uint32_t j = columns; j > 0; j--) {
                largest = *cell > largest || *cell != *cell ? *cell : largest;
                cell += channels;
            }
        }
        y[c] = mote_clamp_f32(largest, layer->y_min, layer->y_max);
    }
}

void mote_max_pool_2d_f32(const mote_pool_rows_float *layer, const float *const *x, float *y)
{
    MOTE_POOL(maximum, layer, x, y)
}
