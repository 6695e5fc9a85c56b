/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls the model with a painted stack. Written in Armv6-M instructions, for every Arm core.
 *
 * Paints every word from stack_limit up to SP, calls, then looks from below for the first word
 * that changed. Returns SP minus its address, or UINT32_MAX when the lowest word changed. Only
 * written words count: a frame that reserves bytes and leaves its lowest ones alone looks smaller.
 *
 * mote_after_run is where the model returns to: the emulator stops counting there. */
#include "harness.h"

__attribute__((naked, noinline)) uint32_t mote_call(void (*run)(void *arena), void *arena,
                                                    uint32_t *stack_limit)
{
    __asm volatile("push {r4, r5, r6, lr}\n\t"
                   "mov r4, sp\n\t"
                   "mov r5, r2\n\t"
                   "ldr r6, =0xA5C3A5C3\n\t"
                   "1: stmia r2!, {r6}\n\t"
                   "cmp r2, r4\n\t"
                   "bne 1b\n\t"
                   "mov r3, r0\n\t"
                   "mov r0, r1\n\t"
                   "blx r3\n\t"
                   ".global mote_after_run\n\t"
                   "mote_after_run:\n\t"
                   "ldr r0, [r5]\n\t"
                   "cmp r0, r6\n\t"
                   "bne 4f\n\t"
                   "2: cmp r5, r4\n\t"
                   "beq 3f\n\t"
                   "ldmia r5!, {r0}\n\t"
                   "cmp r0, r6\n\t"
                   "beq 2b\n\t"
                   "sub r5, #4\n\t"
                   "3: sub r0, r4, r5\n\t"
                   "pop {r4, r5, r6, pc}\n\t"
                   "4: mov r0, #0\n\t"
                   "mvn r0, r0\n\t"
                   "pop {r4, r5, r6, pc}\n\t"
                   ".ltorg");
}
