"""Builds an ELF for an emulated core from a generated project and the measuring harness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from mote.codegen.project import OPTIMIZED, OPTIMIZED_FOR_SIZE
from mote.errors import TargetError, ToolError
from mote.run.interface import Interface, Slot
from mote.run.machine import MACHINES, Machine
from mote.run.objects import compile_objects
from mote.run.toolchain import call
from mote.target import Core
from mote.target.tools import Tools

CFLAGS = (
    *("-std=gnu99", OPTIMIZED, "-g0", "-ffp-contract=off"),
    *("-ffunction-sections", "-fdata-sections"),
)
"""Options for every core, beside ``Core.gcc_flags``; as in the generated build files."""

HARNESS_CFLAGS = ("-Os", "-fno-tree-loop-distribute-patterns")
"""So that the harness calls no library routine: those in the image are the model's."""

LDFLAGS = ("-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments")

LDFLAGS_WITHOUT_LIBC = ("-nostdlib", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments")

FREESTANDING = ("-isystem", "harness/freestanding")
"""Where the headers are for a compiler without a C library."""

FEED_ALL = "mote_feed_all"
"""The harness's function that feeds a model all rows of its input."""

RUN_ALL = "mote_run_all"
"""The harness's function that hands a model its blocks in several regions of RAM."""

STACK_BYTES = 64 << 10
"""Stack that the harness reserves; what the model writes of it is measured."""

HARNESS = {
    "arm-none-eabi-": ("startup_arm.c", "harness.c", "call_arm.c"),
    "riscv64-unknown-elf-": ("startup_riscv.c", "harness.c", "call_riscv.c"),
}
"""Sources of the harness by the compiler's prefix."""

MEMORY = ("memory.c", "freestanding/string.h", "freestanding/stdint.h")
"""What C code needs of a C library, where there is none."""
TRACE_DECLARATION = """\
#include <stdint.h>
void mote_trace(uint32_t step, uint32_t first, const void *part, uint32_t bytes);
#define MOTE_TRACE(step, first, part, bytes) mote_trace((step), (first), (part), (bytes))
"""


@dataclass(frozen=True)
class Firmware:
    """A built program.

    Args:
        elf: The file.
        core: What it was built for.
        interface: The model inside.
        traces: True when it writes every intermediate tensor.
    """

    elf: Path
    core: Core
    interface: Interface
    traces: bool


def build(
    project: Mapping[str, str],
    interface: Interface,
    core: Core,
    directory: Path,
    *,
    trace: bool = False,
) -> Firmware:
    """Compile and link a generated project.

    Args:
        project: What ``codegen.generate`` returned; its ``main.c`` is replaced by the harness.
        interface: The model's memory.
        core: A core that an emulated machine has.
        directory: An empty or absent folder for sources and objects; the caller removes it.
        trace: Write every intermediate tensor, for runs that compare and do not measure.
    """
    if core.machine not in MACHINES:
        raise TargetError(core.name, "no emulated machine has this core")
    machine = MACHINES[core.machine]
    texts = {
        **{f"project/{path}": text for path, text in project.items()},
        **_harness(interface, core.tools),
    }
    if trace:
        texts["harness/trace.h"] = TRACE_DECLARATION
    texts["harness/link.ld"] = _linker_script(machine)
    for path, text in texts.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    flags = [*core.gcc_flags, *_flags(project), "-Iharness", "-Iproject", "-Iproject/kernels"]
    if not core.tools.has_libc:
        flags += FREESTANDING
    traced = ["-DMOTE_TRACE_BUILD", "-include", "harness/trace.h"] if trace else []
    options = {
        path: [*flags, *_own_options(path, traced)]
        for path in texts
        if path.endswith(".c") and path != "project/main.c"
    }
    gcc = core.tools.compiler
    shared = {path for path in options if path.startswith(("project/kernels/", "harness/"))}
    shared.discard("harness/binding.c")  # it is the model's
    objects = compile_objects(gcc, options, texts, directory, shared=shared)
    elf = directory / "firmware.elf"
    script = ["-T", "harness/link.ld"]
    linked, libraries = (LDFLAGS, []) if core.tools.has_libc else (LDFLAGS_WITHOUT_LIBC, ["-lgcc"])
    arguments = [*core.gcc_flags, *linked, *script, *objects, *libraries, "-o", str(elf)]
    try:
        call(gcc, arguments, directory=directory)
    except ToolError as error:
        if not any("will not fit in region" in line for line in error.details):
            raise
        raise TargetError(
            core.name,
            f"the emulated machine {machine.name} has {machine.flash_bytes:,} B for code and "
            f"constants and {machine.ram_bytes:,} B of RAM, which this model exceeds",
            details=[line for line in error.details if "region" in line],
        ) from None
    return Firmware(elf=elf, core=core, interface=interface, traces=trace)


def _own_options(path: str, traced: Sequence[str]) -> Sequence[str]:
    """What is for some sources; kernels know nothing of traces."""
    if path.startswith("project/kernels/"):
        return ()
    return [*traced, *HARNESS_CFLAGS] if path.startswith("harness/") else traced


def _flags(project: Mapping[str, str]) -> list[str]:
    """``CFLAGS``, optimised for what the project's own build file says."""
    for_size = f"CFLAGS ?= {OPTIMIZED_FOR_SIZE}" in project.get("Makefile", "").splitlines()
    return [OPTIMIZED_FOR_SIZE if for_size and flag == OPTIMIZED else flag for flag in CFLAGS]


def _harness(interface: Interface, tools: Tools) -> dict[str, str]:
    package = files("mote.run") / "harness"
    names = ("harness.h", *HARNESS[tools.prefix], *(() if tools.has_libc else MEMORY))
    texts = {f"harness/{name}": (package / name).read_text() for name in names}
    texts["harness/binding.c"] = _binding(interface)
    return texts


def _binding(interface: Interface) -> str:
    """The C file that tells the harness about the model."""

    def slots(name: str, values: tuple[Slot, ...]) -> str:
        rows = ", ".join(f"{{{interface.at(slot.offset)}u, {slot.bytes}u}}" for slot in values)
        return (
            f"const mote_slot mote_{name}s[] = {{{rows}}};\n"
            f"const uint32_t mote_{name}_count = {len(values)}u;\n"
        )

    return (
        "/* SPDX-License-Identifier: Apache-2.0 */\n"
        '#include "harness.h"\n#include "model.h"\n\n'
        f'__attribute__((section(".arena"), aligned(8))) '
        f"uint8_t mote_arena[{max(interface.memory_bytes, 1)}];\n"
        f"const uint32_t mote_arena_bytes = {_filled(interface)}u;\n"
        f"{_run(interface)}" + slots("input", interface.inputs) + slots("output", interface.outputs)
    )


def _filled(interface: Interface) -> int:
    """How much the harness fills before each sample: the arena and its gaps."""
    return interface.arena_bytes + interface.block_places[-1] - interface.blocks[-1]


def _run(interface: Interface) -> str:
    prefix = interface.prefix
    given = "arena"
    if len(interface.blocks) > 1:
        given = ", ".join(f"mote_arena + {place}" for place in interface.block_places)
    if not interface.row_bytes and len(interface.blocks) > 1:
        return f"""\
static void {RUN_ALL}(void *arena)
{{
    (void)arena;
    {prefix}_run({given});
}}
void (*const mote_model_run)(void *arena) = {RUN_ALL};
"""
    if not interface.row_bytes:
        return f"void (*const mote_model_run)(void *arena) = {prefix}_run;\n"
    (slot,) = interface.inputs
    first = interface.at(slot.offset)
    return f"""\
static void {FEED_ALL}(void *arena)
{{
    (void)arena;
    {prefix}_start({given});
    for (uint32_t i = 0; i < {slot.bytes}u; i += {interface.row_bytes}u)
        (void){prefix}_feed_row({given}, (const void *)(mote_arena + {first} + i));
}}
void (*const mote_model_run)(void *arena) = {FEED_ALL};
"""


def _linker_script(machine: Machine) -> str:
    text = (files("mote.run") / "harness/link.ld").read_text()
    for key, value in {
        "@VECTORS@": machine.vectors,
        "@FLASH@": machine.flash,
        "@FLASH_BYTES@": machine.flash_bytes,
        "@RAM@": machine.ram,
        "@RAM_BYTES@": machine.ram_bytes,
        "@STACK_BYTES@": STACK_BYTES,
    }.items():
        text = text.replace(key, f"{value:#x}")
    return text
