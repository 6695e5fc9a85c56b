/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution of any window with SMLAD. The kernels mote_depthwise_conv_2d_s8_dsp*.c are this file with
 * one choice of MOTE_SINGLE and MOTE_STRIDED each; mote_depthwise_conv_2d_s8_w4_dsp*.c with MOTE_W4, too.
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_{ky,kx} (x[iy][ix,o / m] - x_zero) * weights[o,ky,kx]) + y_zero)
 * with m = y_channels / x_channels, iy = oy * stride_height + ky * dilation_height,
 * ix = ox * stride_width + kx * dilation_width - pad_left; outside x the value is x_zero, which counts nothing.
 *
 * One channel at a time: what some rows of results read of it is gathered in scratch as words of two rows, less
 * x_zero; then mote_depthwise_taps.h computes blocks of four results. With dilation, results whose windows read
 * the same columns (rows) in turn are as far apart as the phases: they are computed as if there were none.
 * A step of three columns or more (in words) is so many phases of columns, side by side.
 *
 * x: rows, as mote_kernels_convolution.h says; every window has one that is not null.  y: [y_height, y_width,
 * y_channels], must not overlap a row of x.
 * weights: of each computed channel and chunk of columns [kernel_height / 2][taps] pairs of rows, two by two
 * as bytes 0 and 2 and bytes 1 and 3 of four, one that is over as two bytes; then the last of an odd number of
 * rows. Columns of a chunk: see mote_conv_2d_taps.
 * bias: doubled, x_zero not folded in.  shift: right shift - 1, shift_bits a channel.
 * gaps: steps from one computed channel to the next, the first from 0; the other channels become constant.
 * With MOTE_W4 two weights are a byte, the first in the low half, and each channel starts one.
 * Scratch: lower/depthwise_taps.py counts it, for rows_at_once rows of results.
 * No overflow: |2 * acc| < 2^31, checked at compile time for whole sums; on the way they wrap around. */
#ifndef MOTE_DEPTHWISE_CONV_2D_DSP_H
#define MOTE_DEPTHWISE_CONV_2D_DSP_H

#include <stddef.h>

#include "mote_copy.h"
#include "mote_depthwise_gather.h"
#include "mote_depthwise_taps.h"
#include "mote_kernels.h"
#include "mote_requantize.h"
#include "mote_strides.h"
#include "mote_unpack_s4.h"
#include "mote_window.h"

#ifndef MOTE_W4
#define MOTE_W4 0
#endif

/* Columns that are gathered side by side. */
typedef struct {
    int32_t x;     /* from the start of a row to the first one inside, in bytes */
    int32_t count; /* that lie inside */
    int32_t at;    /* where the first one goes, in words */
} mote_taps_run;

/* Some results of all channels whose windows read the same rows and columns. */
typedef struct {
    mote_gather_job job;            /* what all channels and runs share */
    const int8_t *const *x, *const *x_end; /* the upper rows of words, all but one that is cut */
    int32_t is_cut;                 /* 1: behind the upper row of the last words x has no row */
    uint32_t dilation;              /* bytes between the pointers to the rows of a word */
    int32_t row_words;
    const mote_taps_run *run, *run_end;
    uint32_t *words;                /* of one channel */
    int32_t plane_words;
} mote_taps_source;

/* Of count columns every distance'th, from one that may be outside. Scratch is zeroed, so that others are 0. */
static mote_taps_run mote_columns_inside(int32_t first, int32_t distance, int32_t count, int32_t width,
                                         int32_t pixel)
{
    const mote_window inside = mote_clip(first, distance, count, width);
    mote_taps_run run;
    run.x = (first + inside.first * distance) * pixel;
    run.count = inside.last - inside.first;
    run.at = inside.first;
    return run;
}

/* What the windows read of two channels. */
static void mote_gather_channels(mote_taps_source *source, int32_t channel)
{
    mote_gather_job *job = &source->job;
    for (const mote_taps_run *run = source->run; run != source->run_end; run++) {
        job->count = run->count;
        job->offset = run->x + channel;
        job->to = source->words + run->at;
        job->skip = (uint32_t)(source->row_words - run->count) * 4u;
        job->x = source->x;
        job->x_end = source->x_end;
        job->dilation = source->dilation;
        mote_gather(job);
        if (!source->is_cut)
            continue;
        /* No row is behind the last one: the same row again, which only zeros will meet. */
        job->to += source->plane_words - source->row_words;
        job->x = source->x_end;
        job->x_end = job->x + job->x_step / sizeof *job->x;
        job->dilation = 0;
        mote_gather(job);
    }
}

/* The weights of a chunk as words, doubled; returns where those of the next one stand. */
MOTE_NOT_INLINE static const int8_t *mote_spread_weights(const int8_t *w, int32_t pairs, int32_t last_row,
                                                         uint32_t *to)
{
    for (pairs -= 4; pairs >= 0; pairs -= 4, w += 8, to += 4) {
        const uint32_t a = mote_read32(w), b = mote_read32(w + 4);
        to[0] = mote_twice16(mote_sxtb16(a));
        to[1] = mote_twice16(mote_sxtb16_ror8(a));
        to[2] = mote_twice16(mote_sxtb16(b));
        to[3] = mote_twice16(mote_sxtb16_ror8(b));
        MOTE_COUNTER(pairs);
    }
    if (pairs >= -2) {
        const uint32_t a = mote_read32(w);
        to[0] = mote_twice16(mote_sxtb16(a));
        to[1] = mote_twice16(mote_sxtb16_ror8(a));
        pairs -= 2;
        w += 4;
        to += 2;
    }
    if (pairs & 1) {
        *to++ = mote_twice16(mote_pkhbt((uint32_t)w[0], (uint32_t)w[1]));
        w += 2;
    }
    for (; last_row >= 4; last_row -= 4, w += 4, to += 4) {
        const uint32_t four = mote_read32(w);
        const uint32_t even = mote_twice16(mote_sxtb16(four)), odd = mote_twice16(mote_sxtb16_ror8(four));
        to[0] = (uint16_t)even;
        to[1] = (uint16_t)odd;
        to[2] = even >> 16;
        to[3] = odd >> 16;
        MOTE_COUNTER(last_row);
    }
    for (; last_row > 0; last_row--) {
        *to++ = (uint16_t)(2 * *w++);
        MOTE_COUNTER(last_row);
    }
    return w;
}

/* All channels of the results of a source. */
static void mote_taps_channels(const mote_conv_2d_taps *layer, mote_taps_source *source, mote_taps_job *job,
                               const mote_taps_block *block, uint32_t *weights)
{
    const int32_t multiplicity = layer->y_channels / layer->x_channels;
    const int32_t pairs = layer->kernel_height / 2 * layer->taps;
    const int32_t last_row = layer->kernel_height & 1u ? layer->taps : 0;
    const int8_t *w = layer->weights;
    int8_t *y = job->y;
    int32_t channel = 0, gathered = -1;
    for (uint32_t i = 0; i < layer->computed; i++) {
        const int32_t step = layer->gaps ? layer->gaps[i] : i > 0;
        int32_t input;
        channel += step;
        input = multiplicity == 1 ? channel : channel / multiplicity;
        if (gathered < 0 || input > gathered + 1) {
            gathered = input + 1 < layer->x_channels ? input : input - 1;
            mote_gather_channels(source, gathered);
        }
        job->x = (uint32_t)(input - gathered) * (uint32_t)source->plane_words * 4u;
#if MOTE_W4
        {
            const uint32_t bytes = (uint32_t)(pairs * 2 + last_row) * layer->chunks;
            int8_t *unpacked = (int8_t *)(source->words + 2 * source->plane_words);
            w = layer->weights + i * ((bytes + 1) / 2);
            mote_unpack_s4(unpacked, w, bytes);
            w = unpacked;
        }
#endif
        for (int32_t chunk = 0; chunk < layer->chunks; chunk++)
            w = mote_spread_weights(w, pairs, last_row, weights + chunk * (pairs + last_row));
        job->right = mote_right_shift(layer->shift, 1, layer->shift_bits, i);
        job->offset = (2 * layer->y_zero + 1) * ((int32_t)1 << (job->right - 1));
        job->multiplier = layer->multiplier[i];
        job->bias = layer->bias[i];
        job->block = block;
        job->y = y + channel;
        mote_depthwise_taps(job);
    }
}

/* The results of some rows and of one phase of each direction: rows row + i * phases_height of a call, i below
 * rows, from whose windows the first starts at x; columns column + i * phases_width. */
static void mote_taps_rows(const mote_conv_2d_taps *layer, const int8_t *const *x, int8_t *y, int32_t row,
                           int32_t rows, int32_t column, void *scratch MOTE_STRIDES_TAKEN)
{
    const int32_t y_pixel = MOTE_Y_PIXEL(layer->y_channels), x_pixel = MOTE_X_PIXEL(layer->x_channels);
    const int32_t stride = layer->stride_height * layer->phases_height / layer->dilation_height;
    const int32_t step = layer->stride_width * layer->phases_width / layer->dilation_width;
    const int32_t kernel_rows = (layer->kernel_height + 1) / 2, chunk_words = kernel_rows * layer->taps;
    const int32_t results = (layer->y_width - column + layer->phases_width - 1) / layer->phases_width;
    const int32_t runs = step < 3 ? 1 : step;
    const int32_t columns = results < 4 ? 4 : results, last_row = (rows - 1) * stride;
    const int8_t zeros[2] = {layer->x_zero, layer->x_zero};
    mote_taps_run *run = scratch;
    mote_taps_block *block, *blocks;
    mote_taps_source source;
    mote_window inside;
    int32_t each, low, count; /* rows from one row of words to the next; first one; rows of words */
    mote_taps_job job;
    uint32_t *weights, x_row;

    inside = mote_taps_inside((const void *const *)x, last_row + layer->kernel_height, layer->dilation_height);
    each = rows == 1 || (stride & 1) == 0 ? 2 : 1;
    low = inside.first - (each == 2 ? inside.first & 1 : inside.first > 0);
    count = last_row + 2 * kernel_rows - 1; /* a row behind the last */
    count = count < inside.last ? count : inside.last;
    count = (count - low + each - 1) / each;
    source.is_cut = low + (count - 1) * each + 1 >= last_row + layer->kernel_height;
    source.x = x + low * layer->dilation_height;
    source.x_end = source.x + (count - source.is_cut) * each * layer->dilation_height;
    source.row_words = step < 3 ? (columns - 1) * step + layer->chunks * layer->taps
                                : step * (columns - 1 + layer->taps);
    source.plane_words = count * source.row_words;
    source.run = run;
    source.run_end = run + runs;
    source.job.plane = (uint32_t)source.plane_words * 4u;
    source.dilation = layer->dilation_height * (uint32_t)sizeof *x;
    source.job.column = layer->dilation_width * runs * x_pixel;
    source.job.zeros = zeros;
    source.job.x_step = (uint32_t)each * source.dilation;
    source.job.less = (uint16_t)-layer->x_zero * 0x10001u;
    for (int32_t k = 0; k < runs; k++) {
        const int32_t words = source.row_words / runs;
        const int32_t first = column * layer->stride_width + k * layer->dilation_width - layer->pad_left;
        run[k] = mote_columns_inside(first, layer->dilation_width * runs, words, layer->x_width, x_pixel);
        run[k].at += k * words;
    }
    x_row = (uint32_t)(2 / each * source.row_words) * 4u;
    job.scratch = scratch;
    blocks = block = (mote_taps_block *)(void *)(run + runs);
    weights = (uint32_t *)(void *)(blocks + rows * ((results + 3) / 4));
    source.words = weights + layer->chunks * chunk_words;
    for (int32_t i = 0; i < 2 * source.plane_words; i++)
        source.words[i] = 0;

    for (int32_t i = 0; i < rows; i++) {
        int32_t first = 0, last = kernel_rows, at = i * stride - low;
        while (at + 2 * first < 0)
            first++;
        while (at + 2 * (last - 1) >= count * each)
            last--;
        at = (at + 2 * first) / each * source.row_words;
        for (int32_t result = 0; result < results; result += 4, block++) {
            const int32_t start = result + 4 <= columns ? result : columns - 4;
            block->x = mote_place_of(&job, source.words + at + start * (step < 3 ? step : 1));
            block->w = mote_place_of(&job, weights + first * layer->taps);
            block->rows = x_row | (uint32_t)(last - first - 1) << 16;
            block->y = ((row + i * layer->phases_height) * layer->y_width + column + start * layer->phases_width) *
                       y_pixel;
        }
    }

    job.y = y;
    job.y_1 = results > 1 ? layer->phases_width * y_pixel : 0;
    job.y_2 = results > 2 ? 2 * job.y_1 : 0;
    job.y_3 = results > 3 ? 3 * job.y_1 : 0;
    job.end = block;
    job.form = (layer->taps - 1u) / 2 + (step == 2 ? 4 : 0);
    job.more = layer->chunks - 1u;
    job.x_chunk = (uint32_t)(step < 3 ? layer->taps : source.row_words / step) * 4u;
    job.w_chunk = (uint32_t)chunk_words * 4u;
    mote_taps_channels(layer, &source, &job, blocks, weights);
}

static inline void mote_depthwise_conv_2d_dsp(const mote_conv_2d_taps *layer, const int8_t *const *x, int8_t *y,
                                              void *scratch MOTE_STRIDES_TAKEN)
{
    const int32_t channels = layer->y_channels, phases = layer->phases_height;
    const int32_t pixels = layer->y_height * layer->y_width, y_pixel = MOTE_Y_PIXEL(channels);
    const int32_t at_once = layer->rows_at_once * phases;
    if (layer->gaps)
        for (int32_t i = 0; i < pixels; i++)
            mote_fill(y + i * y_pixel, layer->constant, channels);
    for (int32_t phase = 0; phase < phases; phase++)
        for (int32_t row = phase; row < layer->y_height; row += at_once) {
            const int32_t left = (layer->y_height - row + phases - 1) / phases;
            const int32_t rows = left < layer->rows_at_once ? left : layer->rows_at_once;
            for (int32_t column = 0; column < layer->phases_width && column < layer->y_width; column++)
                mote_taps_rows(layer, x + row * layer->stride_height, y, row, rows, column,
                               scratch MOTE_STRIDES_GIVEN);
        }
    if (layer->y_min > -128 || layer->y_max < 127)
        for (int32_t i = 0; i < pixels; i++, y += y_pixel)
            for (int32_t o = 0; o < channels; o++)
                y[o] = mote_clamp_s8(y[o], layer->y_min, layer->y_max);
}

#endif
