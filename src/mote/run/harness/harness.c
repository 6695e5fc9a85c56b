/* SPDX-License-Identifier: Apache-2.0
 *
 * Files, in the emulator's working directory, all words little-endian:
 *   samples.bin  uint32 count, then for each sample the bytes of every input
 *   results.bin  for each sample: uint32 stack bytes, then the bytes of every output
 *   trace.bin    only in trace builds: for each call: uint32 step, uint32 first byte, uint32 bytes,
 *                that part of the step's result
 *   fault.bin    after a fault, nine registers: on Arm r0-r3, r12, lr, pc, xpsr, CFSR,
 *                on RISC-V a0-a3, sp, ra, mepc, mcause, mtval
 * Exit status: 0 done, 2 a file could not be read or written, 3 fault, 4 stack exhausted. */
#include "harness.h"

extern uint32_t __stack_limit[];

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20 };
enum { MODE_RB = 1, MODE_WB = 5 };
enum { STATUS_FILE = 2, STATUS_FAULT = 3, STATUS_STACK = 4 };

#ifdef MOTE_TRACE_BUILD
__attribute__((section(".harness"))) static uint32_t trace;
#endif

/* Semihosting: operation in the first argument register, address of its arguments in the second,
 * result in the first. */
static uint32_t semihost(uint32_t operation, const uint32_t *arguments)
{
#if defined(__riscv)
    register uint32_t r0 __asm("a0") = operation;
    register const uint32_t *r1 __asm("a1") = arguments;
    /* The three of 32 bits each that "RISC-V Semihosting" 0.2 defines, within one page. */
    __asm volatile(".option push\n\t"
                   ".option norvc\n\t"
                   ".balign 16\n\t"
                   "slli zero, zero, 0x1f\n\t"
                   "ebreak\n\t"
                   "srai zero, zero, 7\n\t"
                   ".option pop"
                   : "+r"(r0)
                   : "r"(r1)
                   : "memory");
#else
    register uint32_t r0 __asm("r0") = operation;
    register const uint32_t *r1 __asm("r1") = arguments;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
#endif
    return r0;
}

__attribute__((noreturn)) static void finish(uint32_t status)
{
    const uint32_t arguments[2] = {0x20026u /* ADP_Stopped_ApplicationExit */, status};
    for (;;) {
        (void)semihost(SYS_EXIT_EXTENDED, arguments);
    }
}

static uint32_t open_file(const char *name, uint32_t length, uint32_t mode)
{
    const uint32_t arguments[3] = {(uint32_t)(uintptr_t)name, mode, length};
    const uint32_t handle = semihost(SYS_OPEN, arguments);
    if (handle == UINT32_MAX) {
        finish(STATUS_FILE);
    }
    return handle;
}

/* Both operations return the number of bytes that they did not transfer. */
static void transfer(uint32_t operation, uint32_t handle, const void *data, uint32_t bytes)
{
    const uint32_t arguments[3] = {handle, (uint32_t)(uintptr_t)data, bytes};
    if (bytes != 0 && semihost(operation, arguments) != 0) {
        finish(STATUS_FILE);
    }
}

#ifdef MOTE_TRACE_BUILD
void mote_trace(uint32_t step, uint32_t first, const void *part, uint32_t bytes)
{
    const uint32_t header[3] = {step, first, bytes};
    transfer(SYS_WRITE, trace, header, sizeof header);
    transfer(SYS_WRITE, trace, part, bytes);
}
#endif

void mote_fault(const uint32_t *frame, const uint32_t *cause)
{
    const uint32_t file = open_file("fault.bin", 9, MODE_WB);
    transfer(SYS_WRITE, file, frame, 32);
    transfer(SYS_WRITE, file, cause, 4);
    finish(STATUS_FAULT);
}

void mote_main(void)
{
    const uint32_t samples = open_file("samples.bin", 11, MODE_RB);
    const uint32_t results = open_file("results.bin", 11, MODE_WB);
#ifdef MOTE_TRACE_BUILD
    trace = open_file("trace.bin", 9, MODE_WB);
#endif
    uint32_t count;
    transfer(SYS_READ, samples, &count, sizeof count);
    for (; count != 0; count--) {
        for (uint32_t i = 0; i < mote_arena_bytes; i++) {
            mote_arena[i] = 0x5A; /* so that no result rests on bytes that happen to be zero */
        }
        for (uint32_t i = 0; i < mote_input_count; i++) {
            transfer(SYS_READ, samples, mote_arena + mote_inputs[i].offset, mote_inputs[i].bytes);
        }
        const uint32_t stack = mote_call(mote_model_run, mote_arena, __stack_limit);
        if (stack == UINT32_MAX) {
            finish(STATUS_STACK);
        }
        transfer(SYS_WRITE, results, &stack, sizeof stack);
        for (uint32_t i = 0; i < mote_output_count; i++) {
            transfer(SYS_WRITE, results, mote_arena + mote_outputs[i].offset, mote_outputs[i].bytes);
        }
    }
    finish(0);
}
