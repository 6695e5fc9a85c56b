/* SPDX-License-Identifier: Apache-2.0
 *
 * One inference of tiny on made-up input: replace `fill` with
 * your sensor and `show` with your reaction, in a copy: Mote 0.1.0 writes this file anew with
 * the rest of the project. */
#include <stdint.h>
#include <stdio.h>

#include "model.h"

/* All the RAM that the model needs besides stack; the other member aligns it. */
static union {
    uint8_t bytes[TINY_ARENA_BYTES];
    uint64_t alignment;
} arena;

static void fill(void)
{
    for (uint32_t i = 0; i < TINY_INPUT_ELEMENTS; i++) {
        tiny_input(arena.bytes)[i] = (int8_t)((int)(i % 256u) - 128);
    }
}

static void show(void)
{
    for (uint32_t i = 0; i < TINY_OUTPUT_ELEMENTS; i++) {
        printf("%ld\n", (long)tiny_output(arena.bytes)[i]);
    }
}

int main(void)
{
    fill();
    tiny_run(arena.bytes);
    show();
    return 0;
}
