"""Finds and runs the compilers and the emulator, and says how to get the ones that are missing."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from mote.errors import ToolError

PACKAGES: dict[str, str] = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "arm-none-eabi-objdump": "binutils-arm-none-eabi",
    "qemu-system-arm": "qemu-system-arm",
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


def call(
    tool: str, arguments: Sequence[str], *, directory: Path | None = None, timeout_s: float = 120
) -> str:
    """Run a program to its end and return its standard output.

    Raises:
        ToolError: It is missing, fails, or takes longer than ``timeout_s``.
    """
    try:
        done = subprocess.run(
            [find(tool), *arguments],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired:
        raise ToolError(tool, f"did not finish within {timeout_s:g} s") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise ToolError(tool, f"failed with status {done.returncode}", details=lines[:_SHOWN_LINES])
    return done.stdout


def version(tool: str) -> str:
    """First line of what the program says about itself."""
    return call(tool, ["--version"]).partition("\n")[0]
