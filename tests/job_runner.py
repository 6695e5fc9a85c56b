"""Builds the one program that runs any kernel, for the host or an emulated core, and runs jobs."""

import struct
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kernel_declarations import layout, parameter_types, structs
from kernel_jobs import Job
from kernel_runner import FLOATS, SANITIZE, called_kernels
from kernel_runner import KERNELS as FOLDER
from mote.codegen.library import library
from mote.errors import ToolError
from mote.ir.tensor import DType
from mote.lower.kernels import KERNELS
from mote.run import firmware, qemu
from mote.run.cache import content_key, stored
from mote.run.interface import Interface, Slot
from mote.run.toolchain import version
from mote.target.target import Core

PAGE_BYTES = 1 << 20
RESULT_BYTES = 1 << 19
HEAP_BYTES = 3 << 19
COMPILERS = 2
SOURCE = Path(__file__).with_name("kernel_jobs.c")


@dataclass(frozen=True)
class Outcome:
    """What a job wrote: damage and the bytes of its outputs, of each round; or why it ended."""

    rounds: tuple[tuple[int, bytes], ...] = ()
    fault: str = ""


class JobRunner:
    """A built program; ``kernels`` are those that it holds."""

    def __init__(self, core: Core, kernels: Sequence[str], folder: Path) -> None:
        self.core = core
        self.numbers = {name: i for i, name in enumerate(sorted(kernels))}
        self.pointer_bytes = 4 if core.machine else 8
        self._program: firmware.Firmware | Path
        self._program = self._firmware(folder) if core.machine else self._executable(folder)

    def _source(self) -> str:
        """The table of kernels, proofs that structs lie as ``layout`` says, and what runs jobs."""
        lines = ["/* SPDX-License-Identifier: Apache-2.0 */", "#include <stddef.h>"]
        lines += [f'#include "{name}"' for name in ("mote_kernels_f32.h", "mote_kernels_strided.h")]
        lines += [f"#define MOTE_ON_HOST {int(not self.core.machine)}"]
        lines += [f"#define PAGE_BYTES {PAGE_BYTES}u", f"#define RESULT_BYTES {RESULT_BYTES}u"]
        lines += ["typedef struct {", "    void *pointer;", "    uint32_t value;"]
        lines += ["} mote_argument;"]
        for name in sorted(structs()):
            of = layout(name, self.pointer_bytes)
            lines.append(f'_Static_assert(sizeof({name}) == {of.bytes}, "size");')
            lines += [
                f'_Static_assert(offsetof({name}, {field}) == {at}, "{field}");'
                for field, at in of.offsets.items()
            ]
        for name, number in self.numbers.items():
            given = ", ".join(
                f"({kind})a[{i}].pointer" if kind.endswith("*") else f"a[{i}].value"
                for i, kind in enumerate(parameter_types()[name])
            )
            lines.append(
                f"static void call_{number}(const mote_argument *a) {{ {name}({given}); }}"
            )
        calls = ", ".join(f"call_{number}" for number in self.numbers.values())
        lines.append(f"static void (*const mote_calls[])(const mote_argument *) = {{{calls}}};")
        return "\n".join([*lines, SOURCE.read_text()])

    def _firmware(self, folder: Path) -> firmware.Firmware:
        texts = {f"{n}.c": library()[f"{n}.c"] for n in called_kernels(set(self.numbers))}
        texts |= {name: text for name, text in library().items() if name.endswith(".h")}
        project = {f"kernels/{name}": text for name, text in texts.items()}
        project |= {"model.h": "void jobs_run(void *arena);\n", "jobs.c": self._source()}
        page = Slot("page", 0, (PAGE_BYTES,), DType.INT8, PAGE_BYTES)
        results = Slot("results", PAGE_BYTES, (RESULT_BYTES,), DType.INT8, RESULT_BYTES)
        size = PAGE_BYTES + RESULT_BYTES + HEAP_BYTES
        interface = Interface("jobs", size, (page,), (results,), ())
        return firmware.build(project, interface, self.core, folder)

    def _executable(self, folder: Path) -> Path:
        """Each file on its own, kept in the user's cache: sanitizers make compilers slow."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "jobs.c").write_text(self._source())
        files = [FOLDER / f"{n}.c" for n in sorted(called_kernels(set(self.numbers)))]
        options = ["cc", "-std=gnu99", *SANITIZE, FLOATS, "-I", str(FOLDER / "include"), "-c"]
        headers = content_key(*(text for name, text in library().items() if name.endswith(".h")))

        def compile_source(path: Path) -> str:
            def build(to: Path) -> None:
                subprocess.run([*options, str(path), "-o", str(to)], check=True)

            key = content_key(version("cc"), *options, headers, path.read_text())
            return str(stored(f"objects/{key}.o", build))

        with ThreadPoolExecutor(COMPILERS) as pool:
            objects = list(pool.map(compile_source, [*files, folder / "jobs.c"]))
        command = ["cc", *SANITIZE, *objects, "-lm", "-o", str(folder / "jobs")]
        subprocess.run(command, check=True)
        return folder / "jobs"

    def run(self, jobs: Sequence[Job]) -> list[Outcome]:
        """What came of each job; a program that ends early is run again with half of them."""
        texts = [job.to_bytes(self.numbers[job.kernel.name]) for job in jobs]
        return self._outcomes(list(jobs), texts)

    def _outcomes(self, jobs: list[Job], texts: list[bytes]) -> list[Outcome]:
        pages = list(_pages(jobs, texts))
        try:
            results = self._run_pages([page for page, _ in pages])
        except _EndedError as error:
            if len(jobs) == 1:
                return [Outcome(fault=str(error))]
            half = len(jobs) // 2
            first = self._outcomes(jobs[:half], texts[:half])
            return first + self._outcomes(jobs[half:], texts[half:])
        found = []
        for data, (_, there) in zip(results, pages, strict=True):
            at = 0
            for job in there:
                found.append(Outcome(tuple(job.results(data[at : at + job.result_bytes]))))
                at += job.result_bytes
        return found

    def _run_pages(self, pages: Sequence[bytes]) -> list[bytes]:
        if isinstance(self._program, firmware.Firmware):
            samples = [[np.frombuffer(page, np.int8)] for page in pages]
            try:
                return [y.tobytes() for (y,) in qemu.run(self._program, samples).outputs]
            except ToolError as error:
                raise _EndedError("; ".join([error.found, *error.details])) from None
        done = subprocess.run([str(self._program)], input=b"".join(pages), capture_output=True)
        if done.returncode or len(done.stdout) != len(pages) * RESULT_BYTES:
            raise _EndedError(done.stderr.decode(errors="replace")[-3000:])
        return [done.stdout[i : i + RESULT_BYTES] for i in range(0, len(done.stdout), RESULT_BYTES)]


class _EndedError(Exception):
    """The program did not run to its end."""


def fits(job: Job) -> bool:
    """True when one page holds the job, and its results and buffers fit."""
    heap = sum(size + 80 for _, _, size in job.buffers)
    return (
        len(job.to_bytes(0)) <= PAGE_BYTES - 4
        and job.result_bytes <= RESULT_BYTES
        and heap <= HEAP_BYTES
        and len(job.buffers) <= 1024
    )


def _pages(jobs: Sequence[Job], texts: Sequence[bytes]) -> Iterator[tuple[bytes, list[Job]]]:
    """Pages, as full as the order of the jobs lets them be, and the jobs of each."""
    page, there, results = b"", list[Job](), 0
    for job, text in zip(jobs, texts, strict=True):
        is_full = len(page) + len(text) + 4 > PAGE_BYTES
        if there and (is_full or results + job.result_bytes > RESULT_BYTES):
            yield _page(there, page)
            page, there, results = b"", [], 0
        page, results = page + text, results + job.result_bytes
        there.append(job)
    if there:
        yield _page(there, page)


def _page(jobs: list[Job], text: bytes) -> tuple[bytes, list[Job]]:
    return (struct.pack("<I", len(jobs)) + text).ljust(PAGE_BYTES, b"\0"), jobs


def every_kernel() -> list[str]:
    """Those on integers."""
    return [kernel.name for kernel in KERNELS.values() if not kernel.is_float]
