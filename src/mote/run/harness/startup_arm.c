/* SPDX-License-Identifier: Apache-2.0
 *
 * What a Cortex-M needs before C code runs: vector table, reset handler, fault handler.
 *
 * Every fault ends the emulation through mote_fault, with the stacked registers. */
#include "harness.h"

extern uint32_t __stack_top[], __data_start[], __data_end[], __data_image[], __bss_start[], __bss_end[];

static void reset(void);
static void fault(void);

typedef union {
    uint32_t *stack;
    void (*handler)(void);
} vector;

__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    {.stack = __stack_top}, {.handler = reset}, {.handler = fault}, {.handler = fault},
    {.handler = fault},     {.handler = fault}, {.handler = fault}, {.handler = fault},
    {.handler = fault},     {.handler = fault}, {.handler = fault}, {.handler = fault},
    {.handler = fault},     {.handler = fault}, {.handler = fault}, {.handler = fault},
};

static void reset(void)
{
    volatile uint32_t *const control = (volatile uint32_t *)0xE000ED14u; /* CCR */
#if defined(__ARM_ARCH_6M__)
    *control |= 1u << 3; /* UNALIGN_TRP: an M3 that runs Armv6-M code must fault as an M0+ does */
#else
    (void)control;
#endif
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: FPU and MVE on */
    __asm volatile("dsb\n\tisb");
#endif
    for (uint32_t i = 0; __data_start + i < __data_end; i++) {
        __data_start[i] = __data_image[i];
    }
    for (uint32_t *p = __bss_start; p < __bss_end; p++) {
        *p = 0;
    }
    mote_main();
}

/* The exception frame lies on the main stack: r0-r3, r12, lr, pc, xpsr. */
__attribute__((naked)) static void fault(void)
{
    __asm volatile("mov r0, sp\n\t"
                   "ldr r1, =0xE000ED28\n\t" /* CFSR */
                   "ldr r2, =mote_fault\n\t"
                   "bx r2\n\t"
                   ".ltorg");
}
