/* SPDX-License-Identifier: Apache-2.0
 *
 * tiny: int8[1,8,8,1] -> int8[1,4], 7 layers, 1,472 MACs.
 * Written by Mote 0.1.0 for cortex-m4; a change here is lost when it is written again.
 * Graph sha256 947e73fff0070395052519c64501bd6b4899705650c0aa61541dc614b0b00682
 *
 * The caller owns one block of RAM, aligned to 4 bytes; besides it the model needs only stack:
 *
 *     static uint8_t arena[TINY_ARENA_BYTES] __attribute__((aligned(8)));
 *     fill tiny_input(arena)[0 .. 63]
 *     tiny_run(arena);
 *     read tiny_output(arena)[0 .. 3]
 *
 * Nothing is kept from one inference to the next, so the block may serve other purposes in
 * between. The code allocates nothing, has no mutable globals, and calls neither libm nor an
 * operating system. */
#ifndef TINY_MODEL_H
#define TINY_MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Activations 144 bytes, scratch 16 bytes. */
#define TINY_ARENA_BYTES 160u

/* 'pixels': int8[1,8,8,1]; real value = TINY_INPUT_SCALE * (q - TINY_INPUT_ZERO_POINT). */
#define TINY_INPUT_ELEMENTS 64u
#define TINY_INPUT_BYTES 64u
#define TINY_INPUT_SCALE 0.0625f
#define TINY_INPUT_ZERO_POINT (-8)

/* 'classes': int8[1,4]; real value = TINY_OUTPUT_SCALE * (q - TINY_OUTPUT_ZERO_POINT). */
#define TINY_OUTPUT_ELEMENTS 4u
#define TINY_OUTPUT_BYTES 4u
#define TINY_OUTPUT_SCALE 0.00390625f
#define TINY_OUTPUT_ZERO_POINT (-128)

static inline int8_t *tiny_input(void *arena)
{
    return (int8_t *)(void *)((uint8_t *)arena + 32);
}

static inline int8_t *tiny_output(void *arena)
{
    return (int8_t *)arena;
}

/* Compute every output from every input; inputs may be overwritten. */
void tiny_run(void *arena);

#ifdef __cplusplus
}
#endif

#endif
