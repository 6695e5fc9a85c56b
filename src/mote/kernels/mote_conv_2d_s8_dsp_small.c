/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution with SMLAD in as few bytes of code and constants as go, through mote_multiply_small.h: the patches of 2
 * pixels are widened to int16 in scratch, then multiplied with all channels.
 *
 * y[oy,ox,o] = clamp(line(bias[o] + sum_{ky,kx,i} x[iy][ix,i] * weights[o,ky,kx,i]))
 * with iy = oy * stride_height + ky, ix = ox * stride_width + kx - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x.  groups: 1.  taps = kernel_height * kernel_width * x_channels, up to a multiple of 4 (the weights that
 * fill it up are 0); in each four they stand in the order 0, 2, 1, 3.
 * weights: 4-byte aligned; they, bias and multiplier are laid out as mote_multiply_small_job says.
 * Requantisation and overflow: as mote_multiply_small.h says.
 * Scratch: 4 * taps bytes, and taps more when x_channels is no multiple of 4. */
#include <stddef.h>

#include "mote_kernels.h"
#include "mote_multiply_small.h"
#include "mote_requantize.h"

/* Four bytes become the lanes (0, 2) and (1, 3) of a pixel, of two side by side. count: a positive multiple of 4. */
MOTE_NOT_INLINE static uint32_t *mote_widen_small(uint32_t *lane, const int8_t *x, int32_t count)
{
    for (; count > 0; count -= 4, x += 4, lane += 4) {
        const uint32_t word = mote_read32(x);
        lane[0] = mote_sxtb16(word);
        lane[2] = mote_sxtb16_ror8(word);
    }
    return lane;
}

void mote_conv_2d_s8_dsp_small(const mote_conv_2d_small *layer, const int8_t *const *x, int8_t *y, void *scratch)
{
    const int32_t channels = layer->x_channels, pixel = layer->y_channels;
    const int32_t taps = (layer->kernel_height * layer->kernel_width * channels + 3) & ~3;
    const uint32_t zeros = (uint16_t)layer->x_zero * 0x10001u;
    const int is_odd = channels & 3;
    uint32_t *const lanes = scratch;
    int8_t *const patch = (int8_t *)(lanes + taps);
    int32_t column = 0, which = 0;
    mote_multiply_small_job job;

    job.x = lanes;
    job.x_end = lanes + taps;
    job.channels = pixel;
    job.scale_b = layer->scale;
    job.scale = job.scale_b - 8;
    job.shift = layer->shift;
    job.bytes = layer->multiplier_bytes;
    if (is_odd)
        mote_write32(patch + taps - 4, 0);
    for (int32_t left = layer->y_height * layer->y_width; left > 0;) {
        const int32_t start = column * layer->stride_width - layer->pad_left;
        int8_t *to = patch;
        uint32_t *lane = lanes + which;
        for (int32_t ky = 0; ky < layer->kernel_height; ky++) {
            int32_t ix = start, count = channels, end = start + layer->kernel_width;
            if (x[ky] && ix >= 0 && end <= layer->x_width) { /* taps side by side are one piece */
                count *= layer->kernel_width;
                end = ix + 1;
            }
            for (; ix < end; ix++) {
                const int is_inside = x[ky] && ix >= 0 && ix < layer->x_width;
                const int8_t *from = is_inside ? x[ky] + ix * channels : NULL;
                if (is_odd)
                    for (int32_t i = 0; i < count; i++)
                        *to++ = from ? from[i] : layer->x_zero;
                else if (from)
                    lane = mote_widen_small(lane, from, count);
                else
                    for (int32_t i = 0; i < count; i += 2, lane += 2)
                        *lane = zeros;
            }
        }
        if (is_odd)
            mote_widen_small(lane, patch, taps);
        if (++column == layer->y_width) {
            column = 0;
            x += layer->stride_height;
        }
        which ^= 1;
        left--;
        if (which && left > 0)
            continue;
        job.weights = layer->weights;
        job.bias = layer->bias;
        job.multiplier = layer->multiplier;
        job.y = y;
        job.y_step = which ? 0 : (uint32_t)pixel; /* a pixel alone is stored last */
        mote_multiply_small(&job);
        y = mote_clamp_results(y, which ? pixel : 2 * pixel, layer->y_min, layer->y_max);
    }
}
