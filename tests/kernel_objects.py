"""Kernels compiled for this machine under ASan and UBSan, each once for all tests of one tree."""

import re
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from mote.run.cache import content_key, stored
from mote.run.toolchain import version

KERNELS = Path(__file__).resolve().parents[1] / "src" / "mote" / "kernels"
INCLUDE = ["-I", str(KERNELS / "include")]
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic", "-Werror"]
SANITIZE = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
FLOATS = "-ffp-contract=off"


def sanitized_objects(names: Sequence[str], macros: Sequence[str] = ()) -> list[Path]:
    """Object files of kernels; ``macros`` are ``-D`` options that select what other cores compile.

    They are kept, as the objects of firmware are, under a key of all that they are made from.
    """
    return [_object(name, macros) for name in names]


def _object(name: str, macros: Sequence[str]) -> Path:
    text = _with_headers(KERNELS / f"{name}.c")
    # A macro that the kernel does not know makes no other object.
    known = [macro for macro in macros if re.search(rf"\b{_name(macro)}\b", text)]
    options = [*STRICT, *SANITIZE, FLOATS, *known]
    command = ["cc", *options, *INCLUDE, "-c", str(KERNELS / f"{name}.c"), "-o"]
    key = content_key(_compiler(), *options, text)
    return stored(
        f"objects/{key}.o", lambda made: subprocess.run([*command, str(made)], check=True)
    )


def _name(macro: str) -> str:
    return re.escape(macro.removeprefix("-D").partition("=")[0])


@cache
def _compiler() -> str:
    return version("cc")


@cache
def _with_headers(source: Path) -> str:
    """The text of a file and of all headers that it includes, each once."""
    texts: dict[str, str] = {}
    pending = [source]
    while pending:
        path = pending.pop()
        if path.name in texts:
            continue
        texts[path.name] = path.read_text()
        included = re.findall(r'^\s*#\s*include "([^"]+)"', texts[path.name], re.MULTILINE)
        pending += [KERNELS / "include" / name for name in included]
    return "".join(f"{name}\n{texts[name]}" for name in sorted(texts))
