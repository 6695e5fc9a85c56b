/* SPDX-License-Identifier: Apache-2.0
 *
 * tiny: int8[1,8,8,1] -> int8[1,4], 7 layers, 1,472 MACs.
 * Written by Mote 0.1.0 for cortex-m4; a change here is lost when it is written again.
 * Graph sha256 947e73fff0070395052519c64501bd6b4899705650c0aa61541dc614b0b00682 */
#ifndef TINY_WEIGHTS_H
#define TINY_WEIGHTS_H

#include <stdint.h>

extern const int8_t tiny_layer_00_weights[48];
extern const int32_t tiny_layer_00_bias[4];
extern const int32_t tiny_layer_00_multiplier[4];
extern const uint8_t tiny_layer_00_shift[2];
extern const uint8_t tiny_layer_00_gaps[4];
extern const int8_t tiny_layer_01_weights[37];
extern const int32_t tiny_layer_01_bias[4];
extern const int8_t tiny_layer_02_weights[16];
extern const int32_t tiny_layer_02_bias[4];
extern const int8_t tiny_layer_05_weights[64];
extern const int32_t tiny_layer_05_bias[4];
extern const int32_t tiny_layer_05_multiplier[1];
extern const uint8_t tiny_layer_05_shift[1];
extern const int32_t tiny_layer_06_exponentials[14];

#endif
