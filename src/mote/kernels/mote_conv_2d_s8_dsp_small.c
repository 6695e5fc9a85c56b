/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution, and depthwise convolution 3 x 3, in as few bytes of code and constants as go: pixel by pixel, through
 * mote_multiply_small.h and mote_depthwise_small.h.
 *
 * y[oy,ox,o] = saturate(line(sum_{ky,kx,i} x[iy][ix,i] * weights[o,ky,kx,i])), or with i = o alone
 * with iy = oy * stride_height + ky, ix = ox * stride_width + kx - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of x.
 * taps = kernel_height * kernel_width * x_channels, of a convolution up to a multiple of 4 (the weights that fill it
 * up are 0).
 * weights: 4-byte aligned; they, biases and lines are laid out as these headers say, multipliers behind them.
 * Requantisation and overflow: as these headers say.
 * Scratch: taps bytes; of a convolution twice that, or none where a window is one pixel of 4 channels, or 8, ...:
 * windows that do not lie in one piece are gathered there. */
#include "mote_depthwise_small.h"
#include "mote_distance.h"
#include "mote_kernels.h"
#include "mote_multiply_small.h"

/* A window's part of a row, from byte start of that on, which may be none: what is outside is zero. Returns the end. */
MOTE_NOT_INLINE static int8_t *mote_gather_small(const mote_conv_2d_small *layer, const int8_t *row, int32_t start,
                                                 int8_t *to)
{
    const uint32_t channels = layer->x_channels, end = row ? layer->x_width * channels : 0;
    const int8_t outside = layer->x_zero;
    for (uint32_t count = layer->kernel_width * channels; count > 0; count--, start++)
        *to++ = (uint32_t)start < end ? row[start] : outside;
    return to;
}

void mote_conv_2d_s8_dsp_small(const mote_conv_2d_small *layer, const int8_t *const *x, int8_t *y, void *scratch)
{
    const int32_t channels = layer->x_channels, row = layer->x_width * channels, pixel = layer->y_channels;
    const int32_t piece = layer->kernel_width * channels;
    const int is_depthwise = layer->is_depthwise;
    int32_t taps = layer->kernel_height * piece, size = taps, column = 0, which = 0;
    mote_small_job job;

    if (!is_depthwise) {
        taps = (taps + 3) & ~3;
        size = taps * ((pixel + 1) & ~1);
    }
    job.step = channels;
    job.weights = layer->weights;
    job.multiplier = (const uint8_t *)layer->weights + size + 4 * pixel;
    job.scale = layer->scale;
    job.shift = layer->shift;
    for (int32_t left = layer->y_height * layer->y_width; left > 0;) {
        const int32_t start = (column * layer->stride_width - layer->pad_left) * channels;
        const int is_in_place = start >= 0 && start + piece <= row && (is_depthwise || taps == channels);
        int8_t *to = (int8_t *)scratch + which * taps;
        for (int32_t ky = 0; ky < layer->kernel_height; ky++) {
            const int8_t *from = x[ky];
            if (is_in_place && from) {
                from += start;
            } else {
                to = mote_gather_small(layer, from, start, to);
                from = to - piece;
            }
            if (is_depthwise)
                job.x[ky] = from;
            else if (ky == 0)
                job.x[which] = job.x[1] = from; /* a last pixel alone is two */
        }
        if (++column == layer->y_width) {
            column = 0;
            x += layer->stride_height;
        }
        left--;
        job.y = y;
        job.y_end = y + pixel;
        if (is_depthwise) {
            mote_depthwise_small(&job);
            y += pixel;
        } else if (which || left == 0) {
            job.x[2] = job.x[0] + taps;
            job.step = which * pixel;
            mote_multiply_small(&job);
            y += job.step + pixel;
            which = 0;
        } else {
            which = 1;
        }
    }
}
