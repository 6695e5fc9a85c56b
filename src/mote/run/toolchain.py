"""Finds and runs the compilers and the emulator, and says how to get the ones that are missing."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mote.errors import ToolError

PACKAGES: dict[str, str] = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "arm-none-eabi-objdump": "binutils-arm-none-eabi",
    "qemu-system-arm": "qemu-system-arm",
    "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf",
    "riscv64-unknown-elf-objdump": "binutils-riscv64-unknown-elf",
    "qemu-system-riscv32": "qemu-system-misc",
    "cc": "gcc libc6-dev",
}
"""Every program that Mote runs, and the Debian and Ubuntu packages that bring it."""

_SHOWN_LINES = 12


def find(tool: str) -> str:
    """Path of a program from ``PACKAGES``."""
    path = shutil.which(tool)
    if path is None:
        raise ToolError(
            tool,
            "not found; it is needed to build for, run on or measure this target",
            hint=f"sudo apt-get install {PACKAGES[tool]}",
        )
    return path


def execute(
    tool: str, arguments: Sequence[str], *, directory: Path | None = None, timeout_s: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, without a shell, and return what it wrote and its exit status.

    Raises:
        ToolError: It is missing, cannot be started, or takes longer than ``timeout_s``.
    """
    path = find(tool)
    try:
        process = subprocess.Popen(
            [path, *arguments],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # a compiler is a driver and its passes: all of them end
        )
    except OSError as error:
        raise ToolError(path, f"cannot be started: {error.strerror}") from None
    with process:
        try:
            out, err = process.communicate(timeout=timeout_s)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            raise ToolError(tool, f"did not finish within {timeout_s:g} s") from None
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def call(
    tool: str, arguments: Sequence[str], *, directory: Path | None = None, timeout_s: float = 120
) -> str:
    """Standard output of a program that succeeds.

    Raises:
        ToolError: As for ``execute``, or it fails.
    """
    done = execute(tool, arguments, directory=directory, timeout_s=timeout_s)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise ToolError(tool, f"failed with status {done.returncode}", details=lines[:_SHOWN_LINES])
    return done.stdout


def version(tool: str) -> str:
    """First line of what the program says about itself."""
    return call(tool, ["--version"]).partition("\n")[0]
