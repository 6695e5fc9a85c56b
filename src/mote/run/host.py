"""Runs generated C on this machine: a shared object, called through cffi."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cffi
import numpy as np

from mote.errors import ToolError
from mote.ir.tensor import Array
from mote.run.interface import Interface, Slot
from mote.run.objects import compile_objects
from mote.run.toolchain import call

CFLAGS = ("-std=gnu99", "-O1", "-g0", "-fPIC", "-ffp-contract=off")

TRACE_H = """\
/* SPDX-License-Identifier: Apache-2.0 */
void mote_trace(unsigned long layer, unsigned long first, const void *part, unsigned long bytes);
#define MOTE_TRACE(layer, first, part, bytes) mote_trace((layer), (first), (part), (bytes))
"""
TRACE_C = """\
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

/* Where each layer's result is copied to; null when nobody listens. */
unsigned char **mote_trace_results;

void mote_trace(unsigned long layer, unsigned long first, const void *part, unsigned long bytes)
{
    if (mote_trace_results)
        memcpy(mote_trace_results[layer] + first, part, bytes);
}
"""

Project = Mapping[str, str]
"""What ``codegen.generate`` returns: text by relative path."""


class HostModel:
    """Generated C, loaded into this process."""

    def __init__(self, ffi: cffi.FFI, library: Any, interface: Interface) -> None:
        self._ffi, self._library = ffi, library
        self.interface = interface
        # A list of 8-byte words, so that the arena is aligned as on any target.
        self._arena = np.zeros(interface.memory_bytes // 8 + 1, np.uint64).view(np.uint8)

    def run(self, sample: Sequence[Array]) -> tuple[Array, ...]:
        """The outputs for one array per input."""
        self._call(sample)
        return tuple(self._view(slot).copy() for slot in self.interface.outputs)

    def trace(self, sample: Sequence[Array]) -> dict[str, Array]:
        """The result of every step by tensor name; only when built with ``trace``."""
        results = self.interface.results
        records = {result.name: np.zeros(result.shape, result.dtype.numpy) for result in results}
        places = [
            self._ffi.from_buffer("unsigned char[]", records[r.name].reshape(-1).view(np.uint8))
            for r in results
        ]
        array = self._ffi.new("unsigned char *[]", places)
        self._library.mote_trace_results = array
        try:
            self._call(sample)
        finally:
            self._library.mote_trace_results = self._ffi.NULL
        return records

    def _call(self, sample: Sequence[Array]) -> None:
        for slot, array in zip(self.interface.inputs, sample, strict=True):
            assert array.dtype == slot.dtype.numpy, (slot.name, array.dtype)
            self._view(slot)[...] = array
        prefix, arena = self.interface.prefix, self._ffi.from_buffer(self._arena)
        blocks = [arena + place for place in self.interface.block_places]
        if not self.interface.row_bytes:
            getattr(self._library, f"{prefix}_run")(*blocks)
            return
        getattr(self._library, f"{prefix}_start")(*blocks)
        (slot,) = self.interface.inputs
        first = self.interface.at(slot.offset)
        for start in range(first, first + slot.bytes, self.interface.row_bytes):
            getattr(self._library, f"{prefix}_feed_row")(*blocks, arena + start)

    def _view(self, slot: Slot) -> Array:
        start = self.interface.at(slot.offset)
        return self._arena[start : start + slot.bytes].view(slot.dtype.numpy).reshape(slot.shape)


def load(project: Project, interface: Interface, *, trace: bool = False) -> HostModel:
    """Compile one generated project and load it."""
    return load_all([(project, interface)], trace=trace)[0]


def load_all(
    projects: Sequence[tuple[Project, Interface]],
    *,
    trace: bool = False,
    flags: Sequence[str] = CFLAGS,
) -> tuple[HostModel, ...]:
    """Compile projects of different prefixes into one library; kernels are compiled once.

    Raises:
        ToolError: There is no C compiler, or it failed.
    """
    prefixes = [interface.prefix for _, interface in projects]
    assert len(set(prefixes)) == len(prefixes), "two models share a C prefix"
    with tempfile.TemporaryDirectory(prefix="mote-") as name:
        directory = Path(name)
        texts: dict[str, str] = {}
        for project, one in projects:
            texts |= _laid_out(project, one.prefix)
        # Starting a compiler costs more than a small model: all constants go in one file.
        weights = [f"{prefix}/weights.c" for prefix in prefixes]
        texts["weights.c"] = "".join(f'#include "{path}"\n' for path in weights)
        traced: list[str] = []
        if trace:
            texts |= {"trace.h": TRACE_H, "trace.c": TRACE_C}
            traced = ["-include", "trace.h"]
        for path, text in texts.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(text, encoding="utf-8")
        kernels = {path for path in texts if path.endswith(".c") and path.startswith("kernels/")}
        options = [*flags, "-Ikernels"]
        objects = compile_objects(
            "cc", dict.fromkeys(kernels, options), texts, directory, shared=kernels
        )
        own = sorted({p for p in texts if p.endswith(".c")} - kernels - set(weights))
        output = directory / "model.so"
        call(
            "cc",
            [*options, *traced, "-shared", "-o", output.name, *own, *objects],
            directory=directory,
        )
        ffi = cffi.FFI()
        ffi.cdef("\n".join(_declarations(interface) for _, interface in projects))
        if trace:
            ffi.cdef("extern unsigned char **mote_trace_results;")
        try:
            # The file may go once it is loaded.
            library = ffi.dlopen(str(output))
        except OSError as error:
            raise ToolError("cc", f"built a library that does not load: {error}") from None
    return tuple(HostModel(ffi, library, interface) for _, interface in projects)


def _declarations(interface: Interface) -> str:
    prefix = interface.prefix
    blocks = ", ".join("void *" for _ in interface.blocks)
    if not interface.row_bytes:
        return f"void {prefix}_run({blocks});"
    return f"void {prefix}_start({blocks}); int {prefix}_feed_row({blocks}, const void *row);"


def _laid_out(project: Project, prefix: str) -> Project:
    """The files of one project by their places, its kernels in the folder that all share."""
    return {
        path if path.startswith("kernels/") else f"{prefix}/{path}": text
        for path, text in project.items()
        if path != "main.c"
    }
