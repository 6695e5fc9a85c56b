/* SPDX-License-Identifier: Apache-2.0
 *
 * tiny: int8[1,8,8,1] -> int8[1,4], 7 layers, 1,472 MACs.
 * Written by Mote 0.1.0 for cortex-m4; a change here is lost when it is written again.
 * Graph sha256 947e73fff0070395052519c64501bd6b4899705650c0aa61541dc614b0b00682 */
#include "weights.h"

/* Kernels read weights by the word. */
#if defined(__GNUC__)
#define MOTE_WORD_ALIGNED __attribute__((aligned(4)))
#else
#define MOTE_WORD_ALIGNED
#endif

/* Layer 0: conv_2d 'stem'. */
MOTE_WORD_ALIGNED const int8_t tiny_layer_00_weights[48] = {
    80, 89, 105, 3, 38, 35, 1, -59, 27, -49, 59, -108, 120, -117, 34, -123,
    11, -83, 0, 0, 0, 0, 0, 0, -119, 14, 59, -57, 68, 111, 88, 81,
    -83, 43, 93, -27, -105, -128, -122, 90, 11, 14, 0, 0, 0, 0, 0, 0,
};

const int32_t tiny_layer_00_bias[4] = {
    -947697, 3599, 291138, -958,
};

const int32_t tiny_layer_00_multiplier[4] = {
    1073741824, 1073741824, 1073741824, 1073741824,
};

const uint8_t tiny_layer_00_shift[2] = {
    85, 85,
};

const uint8_t tiny_layer_00_gaps[4] = {
    0, 1, 1, 1,
};

/* Layer 1: depthwise_conv_2d 'block/dw'. */
MOTE_WORD_ALIGNED const int8_t tiny_layer_01_weights[37] = {
    -25, -125, -62, -10, -31, 87, 96, 88, -20, -120, 44, 29, 127, 47, 48, -93,
    6, -4, -126, 7, 67, 78, 115, 52, 20, -32, 56, -96, 38, -30, 123, 38,
    -28, 56, -48, 99, 0,
};

const int32_t tiny_layer_01_bias[4] = {
    -1368, 22372, 60734, 38626,
};

/* Layer 2: conv_2d 'block/pw'. */
MOTE_WORD_ALIGNED const int8_t tiny_layer_02_weights[16] = {
    56, 44, 1, -63, 24, 18, -41, -46, -60, 65, 55, -44, -70, -29, 31, 100,
};

const int32_t tiny_layer_02_bias[4] = {
    -80920, -536, -103216, 464,
};

/* Layer 5: fully_connected 'dense'. */
MOTE_WORD_ALIGNED const int8_t tiny_layer_05_weights[64] = {
    -25, 73, -47, -66, 74, 96, -107, -113, 44, -42, 19, -89, 92, -13, 101, 76,
    52, -69, 68, -114, 18, -24, 127, -77, 114, -104, 31, 20, 102, -51, 103, 44,
    100, -77, 66, 113, -115, -34, 35, -101, 3, 33, 67, 109, -23, -15, -7, 116,
    -78, 0, -115, -19, 114, 31, -38, 126, 26, 114, -123, -10, 85, 66, -24, -1,
};

const int32_t tiny_layer_05_bias[4] = {
    9264, 30749, 34290, 19997,
};

const int32_t tiny_layer_05_multiplier[1] = {
    1073741825,
};

const uint8_t tiny_layer_05_shift[1] = {
    0,
};

/* Layer 6: softmax 'softmax'. */
const int32_t tiny_layer_06_exponentials[14] = {
    2147483647, 790015308, 290630390, 106916946, 39332546, 14469635, 5323081, 1958252,
    720401, 265021, 97496, 35867, 13195, 4854,
};
