/* SPDX-License-Identifier: Apache-2.0
 *
 * tiny: int8[1,8,8,1] -> int8[1,4], 7 layers, 1,472 MACs.
 * Written by Mote 0.1.0 for cortex-m4; a change here is lost when it is written again.
 * Graph sha256 947e73fff0070395052519c64501bd6b4899705650c0aa61541dc614b0b00682
 *
 * The arena: 160 bytes; this schedule needs 160 at least.
 * A buffer is kept from the layer that writes it to the last that reads it.
 *
 *   offset    bytes   layers  holds
 *       32       64    in..0  int8[1,8,8,1] 'pixels'
 *        0       64     0..3  int8[1,4,4,4] 'stem_out'
 *       96       60     0..0  scratch
 *       80       64     1..2  int8[1,4,4,4] 'dw_out'
 *       64       64     2..3  int8[1,4,4,4] 'pw_out'
 *      144       16     2..2  scratch
 *       64       64     3..4  int8[1,4,4,4] 'sum'
 *        4       16     4..5  int8[1,2,2,4] 'pooled'
 *        0        4     5..6  int8[1,4] 'logits'
 *        0        4   6..out  int8[1,4] 'classes' */
#include "model.h"

#include "mote_kernels.h"
#include "weights.h"

/* What calls the kernels runs seldom: small is better than fast. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif

/* One function per layer in the binary, so that debuggers and profilers can name it. GCC 12.2
 * gets constant masks wrong when it vectorises the choice between a row and null for MVE. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__ARM_FEATURE_MVE)
#define MOTE_LAYER __attribute__((noinline, noclone, no_icf, optimize("no-tree-vectorize")))
#elif defined(__GNUC__) && !defined(__clang__)
#define MOTE_LAYER __attribute__((noinline, noclone, no_icf))
#elif defined(__GNUC__)
#define MOTE_LAYER __attribute__((noinline))
#else
#define MOTE_LAYER
#endif

/* Called with every part of each layer's result, which starts at byte first of it; define it (for
 * example with -include) to look at them. */
#ifndef MOTE_TRACE
#define MOTE_TRACE(layer, first, part, bytes) ((void)0)
#endif

/* Called before each call of a layer's kernel, to time it or to watch the arena. */
#ifndef MOTE_ENTER
#define MOTE_ENTER(layer, call) ((void)0)
#endif

/* Layer 0: conv_2d 'stem'
 * int8[1,8,8,1] -> int8[1,4,4,4], 576 MACs, in 2 calls
 * y[o] = clamp(requantize(sum(x * weights[o]) + bias[o]) + y_zero) */
static const mote_conv_2d_pairs layer_00 = {
    .weights = tiny_layer_00_weights,
    .bias = tiny_layer_00_bias,
    .multiplier = tiny_layer_00_multiplier,
    .shift = tiny_layer_00_shift,
    .gaps = tiny_layer_00_gaps,
    .x_width = 8, .x_channels = 1, .y_height = 2, .y_width = 4, .y_channels = 4, .kernel_height = 3,
    .kernel_width = 3, .stride_height = 2, .stride_width = 2, .dilation_height = 1,
    .dilation_width = 1, .pad_left = 0, .x_zero = -8, .pairs = 2, .y_zero = -128, .y_min = -128,
    .y_max = 127, .pixels = 2,
};

static MOTE_LAYER void layer_00_conv_2d(uint8_t *arena, uint32_t call, uint32_t end)
{
    for (; call < end; call++) {
        const int8_t *x[5];
        int32_t row = (int32_t)(call) * 4;
        for (uint32_t i = 0; i < 5; i++, row++)
            x[i] = row < 0 || row >= 8 ? 0 : (const int8_t *)(const void *)(arena + 32 + row * 8);
        int8_t *y = (void *)(arena + call * 2 * 16);
        void *scratch = arena + 96;

        MOTE_ENTER(0, call);
        mote_conv_2d_s8_dsp(&layer_00, x, y, scratch);
        MOTE_TRACE(0, call * 32, y, 32);
    }
}

/* Layer 1: depthwise_conv_2d 'block/dw'
 * int8[1,4,4,4] -> int8[1,4,4,4], 576 MACs
 * y[c] = clamp(requantize(sum(x[c] * weights[c]) + bias[c]) + y_zero) */
static const mote_depthwise_3x3 layer_01 = {
    .weights = tiny_layer_01_weights,
    .bias = tiny_layer_01_bias,
    .multiplier = tiny_layer_00_multiplier,
    .shift = tiny_layer_00_shift,
    .x_width = 4, .y_height = 4, .y_width = 4, .stride_height = 1, .stride_width = 1, .pad_left = 1,
    .x_zero = -128, .channels = 4, .computed = 4, .constant = 0, .y_zero = 3, .y_min = -128,
    .y_max = 127, .shift_bits = 4,
};

static MOTE_LAYER void layer_01_depthwise_conv_2d(uint8_t *arena)
{
    const int8_t *x[6];
    int32_t row = 0 - 1;
    for (uint32_t i = 0; i < 6; i++, row++)
        x[i] = row < 0 || row >= 4 ? 0 : (const int8_t *)(const void *)(arena + row * 16);
    int8_t *y = (void *)(arena + 80);

    MOTE_ENTER(1, 0);
    mote_depthwise_conv_2d_s8_dsp_3x3(&layer_01, x, y);
    MOTE_TRACE(1, 0, y, 64);
}

/* Layer 2: conv_2d 'block/pw'
 * int8[1,4,4,4] -> int8[1,4,4,4], 256 MACs, in 4 calls
 * y[o] = clamp(requantize(sum(x * weights[o]) + bias[o]) + y_zero) */
static const mote_conv_2d_pairs layer_02 = {
    .weights = tiny_layer_02_weights,
    .bias = tiny_layer_02_bias,
    .multiplier = tiny_layer_00_multiplier,
    .shift = tiny_layer_00_shift,
    .gaps = tiny_layer_00_gaps,
    .x_width = 4, .x_channels = 4, .y_height = 1, .y_width = 4, .y_channels = 4, .kernel_height = 1,
    .kernel_width = 1, .stride_height = 1, .stride_width = 1, .dilation_height = 1,
    .dilation_width = 1, .pad_left = 0, .x_zero = 3, .pairs = 2, .y_zero = -5, .y_min = -128,
    .y_max = 127, .pixels = 2,
};

static MOTE_LAYER void layer_02_conv_2d(uint8_t *arena, uint32_t call, uint32_t end)
{
    for (; call < end; call++) {
        const int32_t row = (int32_t)(call) * 1;
        const int8_t *const x[] = {(const int8_t *)(const void *)(arena + 80 + row * 16)};
        int8_t *y = (void *)(arena + 64 + call * 16);
        void *scratch = arena + 144;

        MOTE_ENTER(2, call);
        mote_conv_2d_s8_dsp(&layer_02, x, y, scratch);
        MOTE_TRACE(2, call * 16, y, 16);
    }
}

/* Layer 3: add 'block/add'
 * int8[1,4,4,4], int8[1,4,4,4] -> int8[1,4,4,4], 0 MACs
 * y = clamp(requantize(rescale(x0 - x0_zero) + rescale(x1 - x1_zero)) + y_zero) */
static const mote_add layer_03 = {
    .x0_multiplier = 8388608, .x1_multiplier = 2097152, .offset = -757071873, .shift = 23,
    .elements = 64, .y_min = -128, .y_max = 127,
};

static MOTE_LAYER void layer_03_add(uint8_t *arena)
{
    const int8_t *x0 = (const void *)(arena + 64);
    const int8_t *x1 = (const void *)(arena);
    int8_t *y = (void *)(arena + 64);

    MOTE_ENTER(3, 0);
    mote_add_s8(&layer_03, x0, x1, y);
    MOTE_TRACE(3, 0, y, 64);
}

/* Layer 4: average_pool_2d 'pool'
 * int8[1,4,4,4] -> int8[1,2,2,4], 0 MACs
 * y = clamp(round(mean of x over the part of the window that lies inside)) */
static const mote_pool_rows layer_04 = {
    .x_width = 4, .channels = 4, .y_height = 2, .y_width = 2, .kernel_height = 2, .kernel_width = 2,
    .stride_height = 2, .stride_width = 2, .pad_left = 0, .y_min = -128, .y_max = 127,
};

static MOTE_LAYER void layer_04_average_pool_2d(uint8_t *arena)
{
    const int8_t *x[4];
    int32_t row = 0;
    for (uint32_t i = 0; i < 4; i++, row++)
        x[i] = (const int8_t *)(const void *)(arena + 64 + row * 16);
    int8_t *y = (void *)(arena + 4);

    MOTE_ENTER(4, 0);
    mote_average_pool_2d_s8(&layer_04, x, y);
    MOTE_TRACE(4, 0, y, 16);
}

/* Layer 5: fully_connected 'dense'
 * int8[1,16] -> int8[1,4], 64 MACs
 * y[o] = clamp(requantize(sum(x * weights[o]) + bias[o]) + y_zero) */
static const mote_fully_connected layer_05 = {
    .weights = tiny_layer_05_weights,
    .bias = tiny_layer_05_bias,
    .multiplier = tiny_layer_05_multiplier,
    .shift = tiny_layer_05_shift,
    .batches = 1, .inputs = 16, .outputs = 4, .y_zero = 0, .y_min = -128, .y_max = 127,
    .shift_base = 6, .shift_bits = 4, .double_rounding = 0, .per_channel = 0,
};

static MOTE_LAYER void layer_05_fully_connected(uint8_t *arena)
{
    const int8_t *x = (const void *)(arena + 4);
    int8_t *y = (void *)(arena);

    MOTE_ENTER(5, 0);
    mote_fully_connected_s8(&layer_05, x, y);
    MOTE_TRACE(5, 0, y, 4);
}

/* Layer 6: softmax 'softmax'
 * int8[1,4] -> int8[1,4], 0 MACs
 * y = exp(beta * x) / sum(exp(beta * x)) over the last axis */
static const mote_softmax layer_06 = {
    .exponentials = tiny_layer_06_exponentials,
    .rows = 1, .columns = 4, .entries = 14,
};

static MOTE_LAYER void layer_06_softmax(uint8_t *arena)
{
    const int8_t *x = (const void *)(arena);
    int8_t *y = (void *)(arena);

    MOTE_ENTER(6, 0);
    mote_softmax_s8(&layer_06, x, y);
    MOTE_TRACE(6, 0, y, 4);
}

void tiny_run(void *arena)
{
    uint8_t *bytes = arena;

    layer_00_conv_2d(bytes, 0, 2);
    layer_01_depthwise_conv_2d(bytes);
    layer_02_conv_2d(bytes, 0, 4);
    layer_03_add(bytes);
    layer_04_average_pool_2d(bytes);
    layer_05_fully_connected(bytes);
    layer_06_softmax(bytes);
}
