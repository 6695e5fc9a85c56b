"""Writes how much code each kernel is: src/mote/lower/kernel_sizes.py.

    python scripts/kernel_sizes.py

Every kernel is compiled as a generated project compiles it, for a core that it is meant for. The
plan weighs these figures against cycles and bytes; the compiler of a user may give others.
"""

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mote.lower.kernels import KERNELS
from mote.lower.step import Kernel
from mote.run.firmware import CFLAGS
from mote.target import CORES, Core

FOLDER = Path(__file__).resolve().parents[1] / "src" / "mote"
STEP = 16
"""Figures are rounded up to a multiple of this, so that they change with the kernel alone."""


def core_of(kernel: Kernel) -> Core:
    """A core that the kernel is meant for."""
    if kernel.needs_mve:
        return CORES["cortex-m55"]
    if kernel.needs_swar or kernel.needs_narrow:
        return CORES["cortex-m0plus"]
    return CORES["cortex-m4"]


def code_bytes(kernel: Kernel) -> int:
    """Of the object file: code, and constants of its own."""
    core = core_of(kernel)
    with tempfile.TemporaryDirectory() as folder:
        made = str(Path(folder) / "kernel.o")
        source = FOLDER / "kernels" / f"{kernel.name}.c"
        include = ("-I", str(FOLDER / "kernels" / "include"))
        compiler, size = f"{core.tools.prefix}gcc", f"{core.tools.prefix}size"
        subprocess.run(
            [compiler, *CFLAGS, *core.gcc_flags, *include, "-c", source, "-o", made], check=True
        )
        said = subprocess.run([size, made], check=True, capture_output=True, text=True).stdout
    return -(-int(said.splitlines()[1].split()[0]) // STEP) * STEP


def text(sizes: dict[str, int]) -> str:
    rows = "".join(f'    "{name}": {size:_},\n' for name, size in sorted(sizes.items()))
    return (
        '"""How much code each kernel is, in bytes; written by scripts/kernel_sizes.py."""\n\n'
        f"KERNEL_BYTES = {{\n{rows}}}\n"
        '"""Compiled for a core that the kernel is meant for, as generated projects are."""\n'
    )


def main() -> int:
    with ThreadPoolExecutor(2) as pool:
        sizes = dict(zip(KERNELS, pool.map(code_bytes, KERNELS.values()), strict=True))
    (FOLDER / "lower" / "kernel_sizes.py").write_text(text(sizes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
