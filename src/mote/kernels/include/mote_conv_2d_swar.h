/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution of two pixels with one multiplication (mote_dot_swar.h), for cores without multiply-accumulate:
 * the patches of 4 pixels, or 2, are put in words side by side, then multiplied with all channels.
 * mote_conv_2d_s8_swar.c and mote_conv_2d_s8_swar_strided.c are this file with one choice of MOTE_STRIDED each.
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx,i} x[iy][ix,i] * weights[o,ky,kx,i]) + y_zero),
 * with iy = oy * stride_height + ky * dilation_height, ix = ox * stride_width + kx * dilation_width - pad_left
 *
 * x: rows, as mote_kernels_convolution.h says.  y: [y_height, y_width, y_channels], must not overlap a row of
 * x.  groups: 1.  weights: 4-byte aligned, [y_channels, taps], taps = kernel_height * kernel_width * x_channels
 * up to a multiple of 4 (the weights that fill it up are 0).
 * shorts: a bit for each channel, from the least on: 1 when two taps are summed in 16 bits, 0 when four are; for all
 * inputs -2^15 <= sum < 2^15, proven at compile time.
 * narrow, offset_shift, end, middle, is_bent: bias and requantisation, as mote_narrow.h says.
 * Scratch: 2 * pixels * taps bytes.
 * No overflow: |acc| <= 128 * sum|weights[o]| + |bias[o]| < 2^31, checked at compile time.
 * Cost, with pixels 4: groups of 4 run on from row to row of a call. Of what is left, 3 pixels cost as much as 4,
 * two or one about 0.6 times that, one whose window is a pixel 0.4 times. */
#ifndef MOTE_CONV_2D_SWAR_H
#define MOTE_CONV_2D_SWAR_H

#include "mote_dot_4.h"
#include "mote_dot_swar.h"
#include "mote_kernels.h"
#include "mote_narrow_swar.h"
#include "mote_strides.h"

#define MOTE_SWAR_CHANNELS 8u /* whose sums are kept on the stack, and whose bits are a byte of shorts */

/* Where a pixel reads: rows of its window, and its first column. */
typedef struct {
    const int8_t *const *x;
    int32_t column;
} mote_swar_window;

/* Sizes that all pixels of a call share, and the next one. */
typedef struct {
    const mote_conv_2d_swar *layer;
    mote_swar_window next;
    int32_t end;     /* column of a pixel behind the last of a row */
    uint32_t places; /* windows that start at columns [0, places[ are inside, one piece of each row */
} mote_swar_walk;

#if defined(__ARM_ARCH_6M__)

/* Registers: r0 word, r1 step in bytes, r2 and r3 ends of x0 and x1, r4 and r5 values, r6 minus what is left. */
#define MOTE_SWAR_PUT                                                                                \
    "ldrsb r4, [r2, r6]\n\tldrsb r5, [r3, r6]\n\tlsls r5, r5, #16\n\tadds r4, r4, r5\n\t"            \
    "str r4, [r0]\n\tadds r0, r0, r1\n\tadds r6, r6, #1\n\t"

/* Bytes of two pixels, side by side each, become words, step words apart; returns where the next word goes. */
__attribute__((naked, noinline)) static uint32_t *
mote_pair_words(__attribute__((unused)) uint32_t *word, __attribute__((unused)) uint32_t step,
                __attribute__((unused)) const int8_t *x0, __attribute__((unused)) const int8_t *x1,
                __attribute__((unused)) int32_t count)
{
    __asm volatile(".syntax unified\n\t"
                   "push {r4-r6, lr}\n\t"
                   "ldr r6, [sp, #16]\n\t"
                   "lsls r1, r1, #2\n\t"
                   "adds r2, r2, r6\n\t"
                   "adds r3, r3, r6\n\t"
                   "rsbs r6, r6, #0\n\t"
                   "b 2f\n\t"
                   "1: " MOTE_SWAR_PUT
                   "2: lsls r4, r6, #30\n\t" /* one by one while that is no multiple of 4 */
                   "bne 1b\n\t"
                   "cmp r6, #0\n\t"
                   "beq 4f\n\t"
                   "3: " MOTE_SWAR_PUT MOTE_SWAR_PUT MOTE_SWAR_PUT MOTE_SWAR_PUT
                   "bne 3b\n\t"
                   "4: pop {r4-r6, pc}\n\t");
}

#else

static uint32_t *mote_pair_words(uint32_t *word, uint32_t step, const int8_t *x0, const int8_t *x1, int32_t count)
{
    for (int32_t i = 0; i < count; i++, word += step)
        *word = (uint32_t)x0[i] + ((uint32_t)x1[i] << 16);
    return word;
}

#endif

/* Alike, and each pixel moves on by its x_step, 0 or 1. */
MOTE_NOT_INLINE static uint32_t *mote_put_words(uint32_t *word, uint32_t step, const int8_t *x0, int32_t x0_step,
                                                const int8_t *x1, int32_t x1_step, int32_t count)
{
    if (x0_step & x1_step)
        return mote_pair_words(word, step, x0, x1, count);
    for (; count > 0; count--) {
        *word = (uint32_t)*x0 + ((uint32_t)*x1 << 16);
        word += step;
        x0 += x0_step;
        x1 += x1_step;
    }
    return word;
}

/* The patches of two pixels. */
MOTE_NOT_INLINE static void mote_put_two_patches(const mote_swar_walk *walk, const mote_swar_window *two,
                                                 uint32_t *word, uint32_t step MOTE_STRIDES_TAKEN)
{
    const mote_conv_2d_swar *layer = walk->layer;
    const int32_t channels = layer->x_channels, pixel = MOTE_X_PIXEL(channels);
    const int32_t column0 = two[0].column, column1 = two[1].column;
    const int is_inside = (uint32_t)column0 < walk->places && (uint32_t)column1 < walk->places;
    for (int32_t ky = 0; ky < layer->kernel_height; ky++) {
        const int8_t *const row0 = two[0].x[ky * layer->dilation_height];
        const int8_t *const row1 = two[1].x[ky * layer->dilation_height];
        if (is_inside && row0 && row1) {
            word = mote_put_words(word, step, row0 + column0 * pixel, 1, row1 + column1 * pixel, 1,
                                  layer->kernel_width * channels);
            continue;
        }
        for (int32_t kx = 0; kx < layer->kernel_width; kx++) {
            const int32_t ix0 = column0 + kx * layer->dilation_width, ix1 = column1 + (ix0 - column0);
            const int is_inside0 = row0 && ix0 >= 0 && ix0 < layer->x_width;
            const int is_inside1 = row1 && ix1 >= 0 && ix1 < layer->x_width;
            word = mote_put_words(word, step, is_inside0 ? row0 + ix0 * pixel : &layer->x_zero, is_inside0,
                                  is_inside1 ? row1 + ix1 * pixel : &layer->x_zero, is_inside1, channels);
        }
    }
}

/* The next count pixels; those that miss in a group of the given size read as the last one. */
static void mote_put_patches(mote_swar_walk *walk, uint32_t count, uint32_t size,
                             uint32_t *word MOTE_STRIDES_TAKEN)
{
    mote_swar_window windows[4];
    for (uint32_t i = 0; i < size; i++) {
        windows[i] = walk->next;
        if (i + 1 > count)
            windows[i] = windows[i - 1];
        else if ((walk->next.column += walk->layer->stride_width) == walk->end) {
            walk->next.column = -walk->layer->pad_left;
            walk->next.x += walk->layer->stride_height;
        }
    }
    for (uint32_t i = 0; i < size; i += 2)
        mote_put_two_patches(walk, windows + i, word++, size / 2 MOTE_STRIDES_GIVEN);
}

/* A last pixel whose window is that pixel of x alone: four channels at a time, no words. */
MOTE_NOT_INLINE static void mote_put_last_pixel(const mote_conv_2d_swar *layer, const int8_t *x, uint32_t taps,
                                                int8_t *y, mote_narrow_swar_job *results)
{
    const uint32_t words = 3u + layer->is_bent;
    mote_swar_sums sums[4];
    mote_dot_4_job job;
    job.run = layer->x_channels;
    job.lane = (int32_t)taps;
    results->y_pixel[0] = results->y_pixel[1] = results->y_pixel[2] = 0;
    for (uint32_t o = 0; o < layer->y_channels; o += 4) {
        if (o + 4 > layer->y_channels)
            o = layer->y_channels - 4u; /* some channels a second time */
        job.sum[0] = job.sum[1] = job.sum[2] = job.sum[3] = 0;
        job.x = x;
        job.w = layer->weights + o * taps;
        job.rows = 1;
        mote_dot_4(&job);
        for (uint32_t i = 0; i < 4; i++) { /* a word of twice that pixel */
            sums[i].all = (uint32_t)job.sum[i] + ((uint32_t)job.sum[i] << 16);
            sums[i].high = job.sum[i];
        }
        results->narrow = layer->narrow + o * words;
        results->sums = sums;
        results->y = y + o;
        results->y_end = y + o + 4;
        mote_narrow_swar(results);
    }
}

static inline void mote_conv_2d_by_swar(const mote_conv_2d_swar *layer, const int8_t *const *x, int8_t *y,
                                        void *scratch MOTE_STRIDES_TAKEN)
{
    const uint32_t filter = (uint32_t)layer->kernel_height * layer->kernel_width * layer->x_channels;
    const uint32_t taps = (filter + 3) & ~3u, y_pixel = MOTE_Y_PIXEL(layer->y_channels);
    const int is_pointwise = layer->kernel_height == 1 && layer->kernel_width == 1;
    mote_swar_sums sums[2 * MOTE_SWAR_CHANNELS];
    mote_swar_walk walk;
    mote_swar_job job;
    mote_narrow_swar_job results;
    uint32_t count;

    walk.layer = layer;
    walk.next.x = x;
    walk.next.column = -layer->pad_left;
    walk.end = layer->y_width * layer->stride_width - layer->pad_left;
    walk.places = 0;
    if (layer->dilation_width == 1 && layer->x_width >= layer->kernel_width)
        walk.places = (uint32_t)(layer->x_width - layer->kernel_width + 1);
    if (MOTE_X_PIXEL(layer->x_channels) != layer->x_channels && layer->kernel_width > 1)
        walk.places = 0; /* taps side by side are not one piece */
    job.x = scratch;
    job.is_odd = taps >> 2 & 1u;
    job.all[0] = 0u - (taps / 4 << 15);
    job.all[1] = 0u - (taps / 2 << 15);
    results.sums = sums;
    results.layer.offset_shift = layer->offset_shift;
    results.layer.end = layer->end;
    results.layer.middle = layer->middle;
    results.layer.is_bent = layer->is_bent;

    for (uint32_t left = (uint32_t)layer->y_height * layer->y_width; left > 0; left -= count) {
        const uint32_t size = left > 2 ? layer->pixels : 2, words = size / 2;
        uint32_t *const end = (uint32_t *)scratch + taps * words;
        if (left == 1 && is_pointwise && walk.next.x[0] && walk.next.column >= 0 &&
            walk.next.column < layer->x_width) {
            const int8_t *const pixel = walk.next.x[0] + walk.next.column * MOTE_X_PIXEL(layer->x_channels);
            mote_put_last_pixel(layer, pixel, taps, y, &results);
            return;
        }
        count = left < size ? left : size;
        for (uint32_t *word = (uint32_t *)scratch + filter * words; word != end; word++)
            *word = 0;
        mote_put_patches(&walk, count, size, scratch MOTE_STRIDES_GIVEN);
        job.x_end = end;
        job.w = layer->weights;
        /* Pixels that miss are stored again where the last one is. */
        for (uint32_t i = 1; i < 4; i++)
            results.y_pixel[i - 1] = i >= size ? 0 : (i < count ? i : count - 1) * y_pixel;
        results.narrow = layer->narrow;
        results.y_end = y;
        for (uint32_t o = 0, channels; o < layer->y_channels; o += channels) {
            channels = layer->y_channels - o;
            if (channels > MOTE_SWAR_CHANNELS)
                channels = MOTE_SWAR_CHANNELS;
            job.channels = channels;
            job.sums = sums;
            job.shorts = layer->shorts[o / MOTE_SWAR_CHANNELS];
            mote_dot_swar(&job, words);
            results.y = results.y_end;
            results.y_end += channels;
            mote_narrow_swar(&results);
        }
        y += count * y_pixel;
    }
}

#endif
