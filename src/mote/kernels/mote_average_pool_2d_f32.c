/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,c] = clamp(sum / count) over the part of the window that lies inside the image; count is the number
 * of its cells.
 *
 * x: rows of [x_width, channels] float, as mote_pool_rows says.
 * y: [y_height, y_width, channels] float, must not overlap x.
 * Scratch: none. Cost: one addition per cell of a window; one division per element of y. */
#include "mote_dot_f32.h"
#include "mote_kernels_f32.h"
#include "mote_pool.h"

/* The mean of a window, for every channel. */
static inline void average(const mote_pool_rows_float *layer, const float *const *x, mote_window rows,
                           uint32_t column, uint32_t columns, float *y)
{
    const uint32_t channels = layer->channels;
    const float count = (float)((uint32_t)(rows.last - rows.first) * columns);
    for (uint32_t c = 0; c < channels; c++) {
        float sum = 0.0f;
        for (int32_t i = rows.first; i < rows.last; i++) {
            const float *cell = x[i] + column * channels + c;
            for (uint32_t j = columns; j > 0; j--) {
                sum += *cell;
                cell += channels;
            }
        }
        y[c] = mote_clamp_f32(sum / count, layer->y_min, layer->y_max);
    }
}

void mote_average_pool_2d_f32(const mote_pool_rows_float *layer, const float *const *x, float *y)
{
    MOTE_POOL(average, layer, x, y)
}
