/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls the model with a painted stack, on RISC-V; what it does is told in call_arm.c. */
#include "harness.h"

__attribute__((naked, noinline)) uint32_t mote_call(void (*run)(void *arena), void *arena,
                                                    uint32_t *stack_limit)
{
    __asm volatile("addi sp, sp, -16\n\t"
                   "sw ra, 12(sp)\n\t"
                   "sw s0, 8(sp)\n\t"
                   "sw s1, 4(sp)\n\t"
                   "sw s2, 0(sp)\n\t"
                   "mv s0, sp\n\t"
                   "mv s1, a2\n\t"
                   "li s2, 0xA5C3A5C3\n\t"
                   "1: sw s2, 0(a2)\n\t"
                   "addi a2, a2, 4\n\t"
                   "bne a2, s0, 1b\n\t"
                   "mv a3, a0\n\t"
                   "mv a0, a1\n\t"
                   "jalr a3\n\t"
                   ".global mote_after_run\n\t"
                   "mote_after_run:\n\t"
                   "lw a0, 0(s1)\n\t"
                   "bne a0, s2, 4f\n\t"
                   "2: beq s1, s0, 3f\n\t"
                   "lw a0, 0(s1)\n\t"
                   "addi s1, s1, 4\n\t"
                   "beq a0, s2, 2b\n\t"
                   "addi s1, s1, -4\n\t"
                   "3: sub a0, s0, s1\n\t"
                   "j 5f\n\t"
                   "4: li a0, -1\n\t"
                   "5: lw ra, 12(sp)\n\t"
                   "lw s0, 8(sp)\n\t"
                   "lw s1, 4(sp)\n\t"
                   "lw s2, 0(sp)\n\t"
                   "addi sp, sp, 16\n\t"
                   "ret");
}
