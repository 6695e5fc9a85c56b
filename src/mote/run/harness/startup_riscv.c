/* SPDX-License-Identifier: Apache-2.0
 *
 * What a RISC-V core needs before C code runs: the first instructions after reset, the trap handler.
 *
 * Every trap ends the emulation through mote_fault, with the registers. */
#include "harness.h"

extern uint32_t __data_start[], __data_end[], __data_image[], __bss_start[], __bss_end[];

static void reset(void) __attribute__((used, noreturn));

/* Where execution begins: the linker script places it first. */
__attribute__((section(".vectors"), naked, used)) void vectors(void)
{
    __asm volatile(".option push\n\t"
                   ".option arch, +zicsr\n\t"
                   "la sp, __stack_top\n\t"
                   "la t0, mote_trap\n\t"
                   "csrw mtvec, t0\n\t"
                   "j reset\n\t"
                   ".option pop");
}

static void reset(void)
{
    for (uint32_t i = 0; __data_start + i < __data_end; i++) {
        __data_start[i] = __data_image[i];
    }
    for (uint32_t *p = __bss_start; p < __bss_end; p++) {
        *p = 0;
    }
    mote_main();
}

/* Nine words for mote_fault, on a stack begun anew: what the old one points to may be no memory. */
__attribute__((naked, used, aligned(4))) void mote_trap(void)
{
    __asm volatile(".option push\n\t"
                   ".option arch, +zicsr\n\t"
                   "csrw mscratch, sp\n\t"
                   "la sp, __stack_top\n\t"
                   "addi sp, sp, -48\n\t"
                   "sw a0, 0(sp)\n\t"
                   "sw a1, 4(sp)\n\t"
                   "sw a2, 8(sp)\n\t"
                   "sw a3, 12(sp)\n\t"
                   "csrr a0, mscratch\n\t"
                   "sw a0, 16(sp)\n\t"
                   "sw ra, 20(sp)\n\t"
                   "csrr a0, mepc\n\t"
                   "sw a0, 24(sp)\n\t"
                   "csrr a0, mcause\n\t"
                   "sw a0, 28(sp)\n\t"
                   "csrr a0, mtval\n\t"
                   "sw a0, 32(sp)\n\t"
                   "mv a0, sp\n\t"
                   "addi a1, sp, 32\n\t"
                   "j mote_fault\n\t"
                   ".option pop");
}
