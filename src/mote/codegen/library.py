"""Picks the files of the kernel library that a program needs, and no others."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from mote.lower.step import Program

_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CALLED = re.compile(r"\b(mote_\w+)\s*\(")


DECLARATIONS = (
    "mote_kernels.h",
    "mote_kernels_arithmetic.h",
    "mote_kernels_convolution.h",
    "mote_kernels_depthwise.h",
    "mote_kernels_f32.h",
    "mote_kernels_movement.h",
    "mote_kernels_strided.h",
)
"""Headers that declare every kernel and call none."""


@cache
def library() -> MappingProxyType[str, str]:
    """Every C file and header that ships with Mote, by file name."""
    folder = files("mote") / "kernels"
    found = [p for p in folder.iterdir() if p.name.endswith(".c")]
    found += [p for p in (folder / "include").iterdir() if p.name.endswith(".h")]
    return MappingProxyType({p.name: p.read_text(encoding="utf-8") for p in found})


def kernel_files(program: Program) -> dict[str, str]:
    """``kernels/<file>`` -> text for the kernels called, and all that they include or call."""
    kernels = (kernel for step in program.steps for kernel in step.kernels)
    wanted = ["mote_kernels.h", *(f"{kernel.name}.c" for kernel in kernels)]
    available, found = library(), dict[str, str]()
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        found[name] = available[name]
        wanted += _needed(name, available[name], available)
    return {f"kernels/{name}": found[name] for name in sorted(found)}


def _needed(name: str, text: str, available: Iterable[str]) -> list[str]:
    included = _INCLUDE.findall(text)
    if name in DECLARATIONS:
        return included
    code = _COMMENT.sub("", text)
    called = (f"{function}.c" for function in _CALLED.findall(code))
    return included + [file for file in called if file in available]
