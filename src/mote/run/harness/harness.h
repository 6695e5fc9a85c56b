/* SPDX-License-Identifier: Apache-2.0
 *
 * The program around a model on an emulated core: reads samples from a file, runs the model on
 * each, writes results to a file. The emulator gives file access (semihosting). */
#ifndef MOTE_HARNESS_H
#define MOTE_HARNESS_H

#include <stdint.h>

/* Part of the arena that is an input or output. */
typedef struct {
    uint32_t offset, bytes;
} mote_slot;

/* The model, in the generated binding.c. */
extern void (*const mote_model_run)(void *arena);
extern uint8_t mote_arena[];
extern const uint32_t mote_arena_bytes;
extern const mote_slot mote_inputs[], mote_outputs[];
extern const uint32_t mote_input_count, mote_output_count;

/* harness.c; a fault is eight registers and one word that tells the cause. */
void mote_main(void) __attribute__((noreturn));
void mote_fault(const uint32_t *frame, const uint32_t *cause) __attribute__((noreturn));
void mote_trace(uint32_t step, uint32_t first, const void *part, uint32_t bytes);

/* call_arm.c, call_riscv.c: calls run(arena) with the stack painted below; returns the bytes of stack it wrote. */
uint32_t mote_call(void (*run)(void *arena), void *arena, uint32_t *stack_limit);

#endif
