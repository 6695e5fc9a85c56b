"""Writes how much code each kernel is: src/mote/lower/kernel_sizes.py, kernel_functions.py.

    python scripts/kernel_sizes.py

Every kernel is compiled as a generated project compiles it, for a core that it is meant for. The
plan weighs these figures against cycles and bytes; the compiler of a user may give others.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mote.codegen.project import OPTIMIZED, OPTIMIZED_FOR_SIZE
from mote.lower.kernels import KERNELS
from mote.lower.step import Kernel
from mote.run.firmware import CFLAGS
from mote.target import CORES, Core

FOLDER = Path(__file__).resolve().parents[1] / "src" / "mote"
STEP = 16
"""Figures are rounded up to a multiple of this, so that they change with the kernel alone."""

COLUMNS = 100
"""Of a line."""

Sizes = tuple[int, dict[str, int]]
"""Code of a kernel alone, and of each function that it shares."""


def core_of(kernel: Kernel) -> Core:
    """A core that the kernel is meant for."""
    if kernel.needs_mve:
        return CORES["cortex-m55"]
    if kernel.needs_swar or kernel.needs_narrow:
        return CORES["cortex-m0plus"]
    return CORES["cortex-m4"]


def code_bytes(kernel: Kernel) -> Sizes:
    """Code of a kernel, with constants of its own, and of each function that it shares."""
    core = core_of(kernel)
    gcc = f"{core.tools.prefix}gcc"
    with tempfile.TemporaryDirectory() as folder:
        made, linked = str(Path(folder) / "kernel.o"), str(Path(folder) / "linked.o")
        source = FOLDER / "kernels" / f"{kernel.name}.c"
        include = ("-I", str(FOLDER / "kernels" / "include"))
        flags = [OPTIMIZED_FOR_SIZE if kernel.is_small and f == OPTIMIZED else f for f in CFLAGS]
        _call(gcc, *flags, *core.gcc_flags, *include, "-c", str(source), "-o", made)
        keep = f"-Wl,-r,--gc-sections,-e,{kernel.name}"
        _call(gcc, *core.gcc_flags, "-nostdlib", keep, made, "-o", linked)
        said = _call(f"{core.tools.prefix}size", linked)
        symbols = _call(f"{core.tools.prefix}nm", "-S", linked)
    shared = {
        name: -(-int(size, 16) // 4) * 4
        for _, size, kind, name in (
            line.split() for line in symbols.splitlines() if len(line.split()) == 4
        )
        if kind in "Ww"
    }
    own = int(said.splitlines()[1].split()[0]) - sum(shared.values())
    return -(-own // STEP) * STEP, shared


def _call(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def own_text(sizes: dict[str, Sizes]) -> str:
    rows = "".join(f'    "{name}": {own:_},\n' for name, (own, _) in sorted(sizes.items()))
    return (
        '"""How much code each kernel is, in bytes; written by scripts/kernel_sizes.py."""\n\n'
        f"KERNEL_BYTES = {{\n{rows}}}\n"
        '"""Without what it shares; compiled for a core that it is meant for."""\n'
    )


def shared_text(sizes: dict[str, Sizes]) -> str:
    parts = {name: size for _, shared in sizes.values() for name, size in shared.items()}
    rows = "".join(
        f'    "{name}": {names(name, sorted(shared))},\n'
        for name, (_, shared) in sorted(sizes.items())
        if shared
    )
    bytes_of = "".join(f'    "{name}": {size:_},\n' for name, size in sorted(parts.items()))
    return (
        '"""Functions that kernels share, in bytes; written by scripts/kernel_sizes.py."""\n\n'
        f"SHARED_FUNCTIONS: dict[str, tuple[str, ...]] = {{\n{rows}}}\n"
        '"""A program has each of them once."""\n\n'
        f"SHARED_BYTES = {{\n{bytes_of}}}\n"
        '"""Of each of these."""\n'
    )


def names(kernel: str, functions: Sequence[str]) -> str:
    """A tuple as it is formatted behind the name of its kernel."""
    if len(functions) == 1:
        return f'("{functions[0]}",)'
    in_a_row = "({})".format(", ".join(f'"{name}"' for name in functions))
    if len(f'    "{kernel}": {in_a_row},') <= COLUMNS:
        return in_a_row
    return "".join(["(\n", *(f'        "{name}",\n' for name in functions), "    )"])


def main() -> int:
    with ThreadPoolExecutor(2) as pool:
        sizes = dict(zip(KERNELS, pool.map(code_bytes, KERNELS.values()), strict=True))
    (FOLDER / "lower" / "kernel_sizes.py").write_text(own_text(sizes))
    (FOLDER / "lower" / "kernel_functions.py").write_text(shared_text(sizes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
