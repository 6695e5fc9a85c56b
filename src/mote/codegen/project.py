"""Writes the build files of a generated project: Makefile and CMakeLists.txt."""

from collections.abc import Iterable

from mote.codegen.text import tool
from mote.lower.step import Program
from mote.plan.plan import Plan
from mote.target.target import Target
from mote.target.tools import ARM

WARNINGS = "-Wall -Wextra -Wconversion -Wshadow -Wpedantic"
"""The generated code and the kernels are clean under these, for every core."""

OPTIMIZED, OPTIMIZED_FOR_SIZE = "-O2", "-Os"

FLOATS = "-ffp-contract=off"
"""No fused multiply-add in place of two operations: floats are then the same on every core."""

_LIBC_NOTE = """\
#                               the compiler must find string.h and stdint.h; Debian's does with
#                               picolibc-riscv64-unknown-elf and CFLAGS="-O2 --specs=picolibc.specs"
"""


ASSEMBLED = 0.95
"""Of the multiply-accumulates: how many must be in assembly for a plan that weighs flash to be
compiled for size, which then costs less than one cycle in a hundred."""


def optimization(program: Program, plan: Plan) -> str:
    """What the compiler is told: projects with small kernels are compiled for size, and those that
    weigh flash where it hardly matters for their cycles."""
    macs = [(step.kernel, program.graph.macs(step.node)) for step in program.steps]
    is_small = any(count > 0 and kernel.is_small for kernel, count in macs)
    assembled = sum(count for kernel, count in macs if kernel.needs_dsp)
    spares = plan.weighs_flash and assembled > ASSEMBLED * sum(count for _, count in macs)
    return OPTIMIZED_FOR_SIZE if is_small or spares else OPTIMIZED


def makefile(name: str, target: Target, sources: Iterable[str], level: str) -> str:
    """``make``: the example on this machine; with CROSS: a static library for the core.

    Args:
        name: Of the library.
        target: What it is for.
        sources: Its files.
        level: ``optimization`` of the program and its plan.
    """
    flags = " ".join(target.core.gcc_flags)
    note = f" for {target.core.name}" if flags else ""
    cross = target.core.tools.prefix if flags else ARM.prefix
    libc = "" if target.core.tools.has_libc else _LIBC_NOTE
    return f"""\
# SPDX-License-Identifier: Apache-2.0
# Written by {tool()}.
#
#   make                        the library and the example, for this machine, in build/native
#   make CROSS={cross}   the library{note}, in build/{cross.removesuffix("-")}
{libc}#   make clean

CROSS ?=
CFLAGS ?= {level}
WARNINGS := {WARNINGS}

SOURCES := {_continued(sources)}

BUILD := build/$(or $(CROSS:%-=%),native)
LIBRARY := $(BUILD)/lib{name}.a
EXAMPLE := $(BUILD)/{name}
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)

ifeq ($(CROSS),)
all: $(LIBRARY) $(EXAMPLE)
else
CC := $(CROSS)gcc
AR := $(CROSS)ar
CORE ?= {flags}
all: $(LIBRARY)
endif

$(LIBRARY): $(OBJECTS)
\t$(AR) rcs $@ $^

$(EXAMPLE): $(BUILD)/main.o $(LIBRARY)
\t$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(BUILD)/%.o: %.c $(wildcard *.h */*.h)
\t@mkdir -p $(@D)
\t$(CC) -std=gnu99 $(CORE) $(CFLAGS) {FLOATS} $(WARNINGS) \\
\t\t-ffunction-sections -fdata-sections -I. -Ikernels -c -o $@ $<

clean:
\trm -rf build

.PHONY: all clean
"""


def cmake_lists(name: str, target: Target, sources: Iterable[str], level: str) -> str:
    """The library as a CMake target, to build alone or through ``add_subdirectory``; arguments as
    ``makefile``."""
    listed = "\n".join(f"    {source}" for source in sources)
    flags = " ".join(target.core.gcc_flags)
    processor = flags.partition("=")[0]
    prefix = target.core.tools.prefix.removesuffix("-")
    toolchain = f"{'an' if prefix.startswith('a') else 'a'} {prefix}"
    core = (
        f"""
# With {toolchain} toolchain file that names no processor, build for {target.core.name}.
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_C_FLAGS MATCHES "{processor}")
    target_compile_options({name} PUBLIC {flags})
endif()
"""
        if flags
        else ""
    )
    return f"""\
# SPDX-License-Identifier: Apache-2.0
# Written by {tool()}.
cmake_minimum_required(VERSION 3.13)
project({name} C)

add_library({name} STATIC
{listed}
)
target_include_directories({name} PUBLIC ${{CMAKE_CURRENT_SOURCE_DIR}} PRIVATE kernels)
set_target_properties({name} PROPERTIES C_STANDARD 99 C_STANDARD_REQUIRED ON)
if(NOT CMAKE_BUILD_TYPE)
    target_compile_options({name} PRIVATE {level})
endif()
if(CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
    target_compile_options({name} PRIVATE
        {WARNINGS}
        {FLOATS} -ffunction-sections -fdata-sections)
endif()
{core}
# The example needs a linker script on bare metal, which is the application's to give.
if(NOT CMAKE_CROSSCOMPILING AND CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR)
    add_executable({name}_example main.c)
    target_link_libraries({name}_example {name})
endif()
"""


def _continued(sources: Iterable[str]) -> str:
    return " \\\n\t".join(sources)
