"""The RAM that a profile states is what a program needs: one that has exactly that runs, and writes
every word of its stack but none below, and one with a word less does not link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import mote
from mote import reference
from mote.build import Build
from mote.errors import ToolError
from mote.ir.tensor import Array
from mote.run.firmware import HARNESS_CFLAGS, LDFLAGS, build
from mote.run.machine import MACHINES
from mote.run.profile import Totals
from mote.run.toolchain import call, execute
from mote.run.verify import random_samples
from mote.target.cores import CORES
from shared import shared_path

CORE = CORES["cortex-m4"]
MACHINE = MACHINES[CORE.machine]
SECONDS = 30
"""After which a program hangs."""

RIGHT, WRONG, FAULT, SPOILT, HANGS = 10, 11, 12, 13, 124

"""How the program ends."""

SCRIPT = """
MEMORY
{{
    FLASH (rx) : ORIGIN = {flash:#x}, LENGTH = {flash_bytes:#x}
    RAM (rw)   : ORIGIN = {ram:#x}, LENGTH = {ram_bytes}
}}
ENTRY(start)
SECTIONS
{{
    .text : {{ KEEP(*(.vectors)) *(.text*) *(.rodata*) . = ALIGN(8); }} > FLASH
    /* Below lies another's word, or no memory: what is written there is lost. */
    .stack (NOLOAD) : {{ other = .; . = . + {other_bytes} + {stack_bytes}; stack_top = .; }} > RAM
    .data : {{ *(.data*) *(.bss*) *(COMMON) }} > RAM AT > FLASH
    .arena (NOLOAD) : {{ *(.arena) }} > RAM
    ram_end = .;
    /DISCARD/ : {{ *(.ARM.exidx*) *(.ARM.extab*) *(.eh_frame*) }}
}}
"""

PROGRAM = """
#include "model.h"

extern uint32_t other[], stack_top[], ram_end[];
void start(void);
void fault(void);
void fill(void);
int check(void);
static const uint8_t input[] = {{{input}}}, expected[] = {{{expected}}};
__attribute__((section(".arena"), aligned(4))) uint8_t arena[{arena_bytes}];

typedef union {{ uint32_t *stack; void (*handler)(void); }} vector;
__attribute__((section(".vectors"), used)) static const vector vectors[16] = {{
    {{.stack = stack_top}}, {{.handler = start}}, {{.handler = fault}}, {{.handler = fault}},
    {{.handler = fault}}, {{.handler = fault}}, {{.handler = fault}},
}};

/* Behind the RAM that the program has, to see whether anything writes there. */
enum {{ GUARD_WORDS = 256, GUARD = 0x5AC35AC3 }};

void fill(void)
{{
    for (uint32_t i = 0; i < GUARD_WORDS; i++) ((volatile uint32_t *)ram_end)[i] = GUARD;
    *(volatile uint32_t *)other = GUARD; /* the stack's lowest, where no other lies below it */
    for (uint32_t i = 0; i < sizeof arena; i++) arena[i] = 0xA5;
    for (uint32_t i = 0; i < sizeof input; i++) arena[{input_at} + i] = input[i];
}}

int check(void)
{{
    for (uint32_t i = 0; i < GUARD_WORDS; i++)
        if (((volatile uint32_t *)ram_end)[i] != GUARD) return {wrong};
    for (uint32_t i = 0; i < sizeof expected; i++)
        if (arena[{output_at} + i] != expected[i]) return {wrong};
    return *(volatile uint32_t *)other == GUARD ? {right} : {spoilt};
}}

/* Ends the emulation with r0, without stack: the lowest words of the arena hold the arguments. */
#define FINISH \\
    "ldr r1, =arena\\n\\tldr r2, =0x20026\\n\\tstr r2, [r1]\\n\\tstr r0, [r1, #4]\\n\\t" \\
    "movs r0, #0x20\\n\\tbkpt 0xab\\n\\t.ltorg"

__attribute__((naked)) void start(void)
{{
    /* The floating-point unit is switched on first. */
    __asm volatile("ldr r0, =0xE000ED88\\n\\tldr r1, [r0]\\n\\torr r1, #0xF00000\\n\\t"
                   "str r1, [r0]\\n\\tdsb\\n\\tisb\\n\\tbl fill\\n\\t"
                   "ldr r0, =arena\\n\\tbl {prefix}_run\\n\\tbl check\\n\\t" FINISH);
}}

__attribute__((naked)) void fault(void) {{ __asm volatile("mov r0, #{fault}\\n\\t" FINISH); }}
"""


@dataclass(frozen=True)
class Account:
    """A model, what its profile states, and its objects."""

    built: Build
    totals: Totals
    objects: Sequence[str]
    directory: Path

    def link(self, *, ram_bytes: int, stack_bytes: int, other_bytes: int = 0) -> Path:
        """A program without a byte of RAM beyond these, some of them another's."""
        script = SCRIPT.format(
            flash=MACHINE.vectors,
            flash_bytes=MACHINE.flash_bytes,
            ram=MACHINE.ram,
            ram_bytes=ram_bytes,
            stack_bytes=stack_bytes,
            other_bytes=other_bytes,
        )
        (self.directory / "exact.ld").write_text(script)
        options = [*CORE.gcc_flags, *LDFLAGS, "-T", "exact.ld"]
        arguments = [*options, *self.objects, "-o", "exact.elf"]
        call("arm-none-eabi-gcc", arguments, directory=self.directory)
        return self.directory / "exact.elf"


def numbers(array: Array) -> str:
    return ", ".join(map(str, np.ascontiguousarray(array).view(np.uint8).ravel().tolist()))


def account(path: Path, directory: Path) -> Account:
    built = mote.compile(path, CORE.name, optimize="ram")
    (x,) = next(random_samples(built.graph, 1, 3))
    (slot,), (into,) = built.interface.outputs, built.interface.inputs
    tensors: Mapping[str, Array] = reference.run(built.graph, [x])
    build(built.files, built.interface, CORE, directory)
    text = PROGRAM.format(
        input=numbers(x),
        expected=numbers(tensors[slot.name]),
        arena_bytes=built.plan.total_bytes,
        input_at=into.offset,
        output_at=slot.offset,
        prefix=built.interface.prefix,
        right=RIGHT,
        spoilt=SPOILT,
        wrong=WRONG,
        fault=FAULT,
    )
    (directory / "exact.c").write_text(text)
    options = [*CORE.gcc_flags, "-std=gnu99", *HARNESS_CFLAGS, "-Iproject"]
    call("arm-none-eabi-gcc", [*options, "-c", "exact.c", "-o", "exact.o"], directory=directory)
    made = sorted(str(p.relative_to(directory)) for p in (directory / "project").rglob("*.o"))
    return Account(built, built.profile([x]).totals, ["exact.o", *made], directory)


def status(elf: Path) -> int:
    machine = ["-M", CORE.machine, "-display", "none", "-monitor", "none", "-serial", "none"]
    options = [*machine, "-semihosting-config", "enable=on,target=native", "-kernel", str(elf)]
    try:
        done = execute("qemu-system-arm", options, timeout_s=SECONDS)
    except ToolError:  # what lies below the stack sent it in circles
        return HANGS
    return FAULT if "Lockup" in done.stderr else done.returncode


@pytest.mark.parametrize(
    "name", ["vww_96_int8", "pretrainedResnet_quant", "kws_ref_model", "ad01_int8"]
)
def test_a_program_runs_in_exactly_the_stated_ram_and_writes_all_of_its_stack(
    name: str, tmp_path: Path
) -> None:
    made = account(shared_path(f"models/mlperf_tiny/{name}.tflite"), tmp_path)
    totals = made.totals
    ram, stack = totals.ram_bytes, totals.stack_bytes
    assert ram == totals.arena_bytes + totals.scratch_bytes + stack + totals.variables_bytes
    # The right outputs, and every word of the stack written: the lowest one, too.
    assert status(made.link(ram_bytes=ram, stack_bytes=stack)) == SPOILT
    # No word below it is.
    assert status(made.link(ram_bytes=ram + 4, stack_bytes=stack, other_bytes=4)) == RIGHT
    with pytest.raises(ToolError) as caught:
        made.link(ram_bytes=ram - 4, stack_bytes=stack)
    assert any("overflowed by 4 bytes" in line for line in caught.value.details)
