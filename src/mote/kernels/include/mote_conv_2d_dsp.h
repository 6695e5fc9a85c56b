/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution through mote_multiply_4.h: the patches of 4 pixels are widened to int16 in scratch, then
 * multiplied with all channels. The kernels mote_conv_2d_s8_dsp*.c are this file with one choice of
 * MOTE_WIDE and MOTE_SINGLE each.
 *
 * y[n,oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[n,iy,ix,i] * weights[o,ky,kx,i]) + y_zero)
 *
 * x: [batches, x_height, x_width, x_channels].  y: [batches, y_height, y_width, y_channels], must not
 * overlap x.  groups: 1.  taps = kernel_height * kernel_width * x_channels, up to a multiple of 4 (the
 * weights that fill it up are 0); in each four they stand in the order 0, 2, 1, 3.
 * weights: 4-byte aligned; they, bias, multiplier and shift are laid out as mote_multiply_job says.
 * Scratch: 8 * taps bytes, and taps more when x_channels is no multiple of 4. */
#ifndef MOTE_CONV_2D_DSP_H
#define MOTE_CONV_2D_DSP_H

#include "mote_kernels.h"
#include "mote_multiply_4.h"
#include "mote_requantize.h"

/* Where the next bytes of a patch go. */
typedef struct {
    int8_t *bytes;  /* the patch as it is, or null: widened at once */
    uint32_t *lane; /* the patch widened; its next word is 4 words on */
} mote_patch;

/* Four bytes become the lanes (0, 2) and (1, 3). count is a multiple of 4. */
static inline uint32_t *mote_widen(uint32_t *lane, const int8_t *x, int32_t count)
{
    for (const int8_t *end = x + count; x != end; x += 4, lane += 8) {
        uint32_t word = mote_read32(x);
        lane[0] = mote_sxtb16(word);
        lane[4] = mote_sxtb16_ror8(word);
    }
    return lane;
}

static inline void mote_put(mote_patch *patch, const int8_t *x, int32_t count)
{
    if (patch->bytes)
        patch->bytes = mote_copy(patch->bytes, x, count);
    else
        patch->lane = mote_widen(patch->lane, x, count);
}

static inline void mote_put_zeros(mote_patch *patch, int8_t zero, int32_t count)
{
    if (patch->bytes) {
        patch->bytes = mote_fill(patch->bytes, zero, count);
    } else {
        uint32_t lanes = (uint32_t)(uint16_t)zero * 0x10001u;
        for (; count > 0; count -= 2, patch->lane += 4)
            *patch->lane = lanes;
    }
}

/* One kernel row of a patch that starts at x[iy][ix]. */
static void mote_put_row(const mote_conv_2d *layer, mote_patch *patch, const int8_t *x, int32_t iy,
                         int32_t ix)
{
    const int32_t width = layer->x_width, channels = layer->x_channels;
    const int32_t taps = layer->kernel_width, dilation = layer->dilation_width;
    if (iy < 0 || iy >= layer->x_height) {
        mote_put_zeros(patch, layer->x_zero, taps * channels);
        return;
    }
    x += (iy * width + ix) * channels;
    if (dilation == 1 && ix >= 0 && ix + taps <= width) {
        mote_put(patch, x, taps * channels);
        return;
    }
    for (int32_t kx = 0; kx < taps; kx++, ix += dilation, x += dilation * channels) {
        if (ix >= 0 && ix < width)
            mote_put(patch, x, channels);
        else
            mote_put_zeros(patch, layer->x_zero, channels);
    }
}

/* The patch that starts at image[iy][ix], widened to lane. bytes: room for it, or null. */
static void mote_put_patch(const mote_conv_2d *layer, const int8_t *image, int32_t iy, int32_t ix,
                           int8_t *bytes, int32_t taps, uint32_t *lane)
{
    const int32_t height = layer->kernel_height, width = layer->kernel_width;
    const int32_t x_row = layer->x_width * layer->x_channels, count = width * layer->x_channels;
    mote_patch patch = {bytes, lane};

    if ((layer->dilation_height | layer->dilation_width) == 1 && iy >= 0 && ix >= 0 &&
        iy + height <= layer->x_height && ix + width <= layer->x_width) {
        image += iy * x_row + ix * layer->x_channels;
        for (int32_t ky = 0; ky < height; ky++, image += x_row)
            mote_put(&patch, image, count);
    } else {
        for (int32_t ky = 0; ky < height; ky++, iy += layer->dilation_height)
            mote_put_row(layer, &patch, image, iy, ix);
    }
    if (bytes)
        mote_widen(lane, bytes, taps);
}

/* The patches of count output pixels from one on. */
static void mote_put_patches(const mote_conv_2d *layer, const int8_t *x, uint32_t pixel, uint32_t count,
                             int8_t *bytes, int32_t taps, uint32_t *lane)
{
    const uint32_t row = pixel / layer->y_width;
    const uint32_t image = row / layer->y_height;
    uint32_t ox = pixel - row * layer->y_width, oy = row - image * layer->y_height;
    const int32_t image_size = layer->x_height * layer->x_width * layer->x_channels;

    x += image * (uint32_t)image_size;
    for (; count > 0; count--) {
        int32_t iy = (int32_t)oy * layer->stride_height - layer->pad_top;
        int32_t ix = (int32_t)ox * layer->stride_width - layer->pad_left;
        mote_put_patch(layer, x, iy, ix, bytes, taps, lane++);
        if (++ox < layer->y_width)
            continue;
        ox = 0;
        if (++oy < layer->y_height)
            continue;
        oy = 0;
        x += image_size;
    }
}

/* The job's channels of count pixels, 4 or 1; the last channel of an odd number has no partner. */
static void mote_multiply(mote_multiply_job job, uint32_t channels, uint32_t count)
{
    void (*multiply)(const mote_multiply_job *) = count == 4 ? mote_multiply_4 : mote_multiply_1;
    int8_t last[8], *y = job.y + channels - 1;
    uint32_t y_stride = job.y_stride;
    if (job.pairs)
        multiply(&job);
    if (!(channels & 1u))
        return;
    job.weights += (uint32_t)(job.x_end - job.x) * job.pairs;
    job.bias += 2 * job.pairs;
    job.multiplier += 2 * job.pairs;
    job.shift += MOTE_WIDE ? 2 * job.pairs : job.pairs;
    job.y = last;
    job.y_stride = 2;
    job.pairs = 1;
    multiply(&job);
    for (uint32_t p = 0; p < count; p++)
        y[p * y_stride] = last[2 * p];
}

static inline void mote_conv_2d_dsp(const mote_conv_2d *layer, const int8_t *x, int8_t *y, void *scratch)
{
    const uint32_t pixels = (uint32_t)layer->batches * layer->y_height * layer->y_width;
    const uint32_t channels = layer->y_channels;
    const int32_t taps = layer->kernel_height * layer->kernel_width * layer->x_channels;
    const int32_t padded_taps = (taps + 3) & ~3;
    const int is_clamped = layer->y_min > -128 || layer->y_max < 127;
    uint32_t *lanes = scratch;
    int8_t *bytes = NULL;
    uint32_t count;
    mote_multiply_job job;

    if (layer->x_channels & 3) {
        bytes = (int8_t *)(lanes + 2 * padded_taps);
        for (int32_t i = taps; i < padded_taps; i++)
            bytes[i] = 0;
    }
    job.x = lanes;
    job.x_end = lanes + 2 * padded_taps;
    job.weights = layer->weights;
    job.bias = layer->bias;
    job.multiplier = layer->multiplier;
    job.shift = layer->shift;
    job.y_stride = channels;
    job.pairs = channels / 2;
    job.zero = 2 * layer->y_zero + 1;

    for (uint32_t p = 0; p < pixels; p += count) {
        count = 4;
        if (pixels - p == 1 || pixels < 4)
            count = 1;
        else if (pixels - p < 4)
            p = pixels - 4; /* some pixels a second time */
        mote_put_patches(layer, x, p, count, bytes, padded_taps, lanes);
        job.y = y + p * channels;
        mote_multiply(job, channels, count);
        if (is_clamped)
            for (uint32_t i = 0; i < count * channels; i++)
                job.y[i] = mote_clamp_s8(job.y[i], layer->y_min, layer->y_max);
    }
}

#endif
