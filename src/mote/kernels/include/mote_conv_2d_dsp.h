/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution through mote_multiply_4.h: the patches of 4 pixels are widened to int16 in scratch, then
 * multiplied with all channels. The kernels mote_conv_2d_s8*_dsp*.c are this file with one choice of
 * MOTE_WIDE, MOTE_NIBBLES and MOTE_SINGLE each.
 *
 * y[n,oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[n,iy,ix,i] * weights[o,ky,kx,i]) + y_zero)
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.  groups: 1.  taps = kernel_height * kernel_width * x_channels, up to a multiple of 4 (the
 * weights that fill it up are 0); in each four they stand in the order 0, 2, 1, 3.
 * weights: 4-byte aligned; they, bias, multiplier, shift and gaps are laid out as mote_multiply_job says.
 * constants: results of one pixel, of which the channels that do not depend on x remain.
 * Scratch: 8 * taps bytes, and taps more when x_channels is no multiple of 4. */
#ifndef MOTE_CONV_2D_DSP_H
#define MOTE_CONV_2D_DSP_H

#include "mote_kernels.h"
#include "mote_multiply_4.h"
#include "mote_requantize.h"

/* What is the same for all patches of a layer. */
typedef struct {
    const mote_conv_2d_pairs *layer;
    int8_t *bytes;      /* room for a patch before it is widened; null: x_channels % 4 == 0, widened at once */
    int32_t taps;       /* of a patch, a multiple of 4 */
    int32_t row_taps;   /* of one kernel row */
    int32_t x_row;      /* bytes from one row of x to the next */
    uint32_t inside_height, inside_width; /* a patch is inside when it starts at [0, these[; 0: dilated */
} mote_patches;

/* Four bytes become the lanes (0, 2) and (1, 3) of a pixel; its next word is 4 words on. count: a positive
 * multiple of 4. */
static inline uint32_t *mote_widen(uint32_t *lane, const int8_t *x, int32_t count)
{
    const int8_t *end = x + count;
    do {
        uint32_t word = mote_read32(x);
        lane[0] = mote_sxtb16(word);
        lane[4] = mote_sxtb16_ror8(word);
        lane += 8;
        x += 4;
    } while (x != end);
    return lane;
}

/* A patch inside the image. */
static inline void mote_put_inside(const mote_patches *patches, const int8_t *x, uint32_t *lane)
{
    int8_t *to = patches->bytes;
    int32_t rows = patches->layer->kernel_height;
    if (!to) {
        for (; rows > 0; rows--, x += patches->x_row)
            lane = mote_widen(lane, x, patches->row_taps);
        return;
    }
    for (; rows > 0; rows--, x += patches->x_row)
        to = mote_copy(to, x, patches->row_taps);
    mote_widen(lane, patches->bytes, patches->taps);
}

/* A patch that starts at image[iy][ix], perhaps outside, or dilated. */
static void mote_put_outside(const mote_patches *patches, const int8_t *image, int32_t iy, int32_t ix,
                             uint32_t *lane)
{
    const mote_conv_2d_pairs *layer = patches->layer;
    const int32_t channels = layer->x_channels;
    const uint32_t zeros = (uint16_t)layer->x_zero * 0x10001u;
    int8_t *to = patches->bytes;

    for (int32_t ky = 0; ky < layer->kernel_height; ky++, iy += layer->dilation_height) {
        for (int32_t kx = 0; kx < layer->kernel_width; kx++) {
            int32_t column = ix + kx * layer->dilation_width;
            int is_inside = iy >= 0 && iy < layer->x_height && column >= 0 && column < layer->x_width;
            const int8_t *x = image + iy * patches->x_row + column * channels;
            if (to && is_inside)
                to = mote_copy(to, x, channels);
            else if (to)
                to = mote_fill(to, layer->x_zero, channels);
            else if (is_inside)
                lane = mote_widen(lane, x, channels);
            else
                for (int32_t i = 0; i < channels; i += 2, lane += 4)
                    *lane = zeros;
        }
    }
    if (to)
        mote_widen(lane, patches->bytes, patches->taps);
}

/* The patches of count output pixels from one on, one beside the other. */
static void mote_put_patches(const mote_patches *patches, const int8_t *x, uint32_t pixel, uint32_t count,
                             uint32_t *lane)
{
    const mote_conv_2d_pairs *layer = patches->layer;
    const uint32_t row = pixel / layer->y_width, image = row / layer->y_height;
    const int32_t channels = layer->x_channels, stride = layer->stride_width;
    uint32_t ox = pixel - row * layer->y_width, oy = row - image * layer->y_height;
    int32_t iy = (int32_t)oy * layer->stride_height - layer->pad_top;
    int32_t ix = (int32_t)ox * stride - layer->pad_left;

    x += (int32_t)image * layer->x_height * patches->x_row;
    for (uint32_t *end = lane + count; lane != end; lane++) {
        if ((uint32_t)iy < patches->inside_height && (uint32_t)ix < patches->inside_width)
            mote_put_inside(patches, x + iy * patches->x_row + ix * channels, lane);
        else
            mote_put_outside(patches, x, iy, ix, lane);
        ix += stride;
        if (++ox < layer->y_width)
            continue;
        ox = 0;
        ix = -layer->pad_left;
        iy += layer->stride_height;
        if (++oy < layer->y_height)
            continue;
        oy = 0;
        iy = -layer->pad_top;
        x += layer->x_height * patches->x_row;
    }
}

/* How many places along one axis a window has inside; 0 when dilated. */
static inline uint32_t mote_places_inside(int32_t size, int32_t kernel, int32_t dilation)
{
    return dilation > 1 || kernel > size ? 0 : (uint32_t)(size - kernel + 1);
}

static inline void mote_conv_2d_dsp(const mote_conv_2d_pairs *layer, const int8_t *x, int8_t *y, void *scratch)
{
    const uint32_t pixels = (uint32_t)layer->batches * layer->y_height * layer->y_width;
    const uint32_t channels = layer->y_channels;
    const int is_clamped = layer->y_min > -128 || layer->y_max < 127;
    uint32_t *lanes = scratch;
    uint32_t count;
    mote_patches patches;
    mote_multiply_job job;

    patches.layer = layer;
    patches.bytes = NULL;
    patches.row_taps = layer->kernel_width * layer->x_channels;
    patches.taps = (layer->kernel_height * patches.row_taps + 3) & ~3;
    patches.x_row = layer->x_width * layer->x_channels;
    patches.inside_height =
        mote_places_inside(layer->x_height, layer->kernel_height, layer->dilation_height);
    patches.inside_width = mote_places_inside(layer->x_width, layer->kernel_width, layer->dilation_width);
    if (layer->x_channels & 3) {
        patches.bytes = (int8_t *)(lanes + 2 * patches.taps);
        mote_write32(patches.bytes + patches.taps - 4, 0);
    }
    job.x = lanes;
    job.x_end = lanes + 2 * patches.taps;
    job.weights = layer->weights;
    job.bias = layer->bias;
    job.multiplier = layer->multiplier;
    job.shift = layer->shift;
    job.pairs = layer->pairs;
    job.zero = 2 * layer->y_zero + 1;
    job.gaps = layer->gaps;

    for (uint32_t p = 0; p < pixels; p += count) {
        count = 4;
        if (pixels - p == 1 || pixels < 4)
            count = 1;
        else if (pixels - p < 4)
            p = pixels - 4; /* some pixels a second time */
        mote_put_patches(&patches, x, p, count, lanes);
        job.y = y + p * channels;
        if (layer->constants)
            for (uint32_t i = 0; i < count; i++)
                mote_copy(job.y + i * channels, layer->constants, (int32_t)channels);
        job.y_stride = count == 1 ? 0 : channels;
        mote_multiply_4(&job);
        if (is_clamped)
            for (uint32_t i = 0; i < count * channels; i++)
                job.y[i] = mote_clamp_s8(job.y[i], layer->y_min, layer->y_max);
    }
}

#endif
