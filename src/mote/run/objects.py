"""Compiles C files; those that many models share once for the same options and headers."""

import re
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from shutil import copyfile

from mote.run.cache import content_key, stored
from mote.run.toolchain import call, version

_COMPILERS = 2
_INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)


def compile_objects(
    tool: str,
    options: Mapping[str, Sequence[str]],
    texts: Mapping[str, str],
    directory: Path,
    *,
    shared: Collection[str],
) -> list[str]:
    """Object files, by the names of their sources with ``.o``, relative to the folder.

    Args:
        tool: The compiler.
        options: For each source, by its path, what the compiler is told beside ``-c``.
        texts: Every file of the folder, by path; headers are known by their names.
        directory: Where they all stand, and where the compiler runs.
        shared: Sources of which other models have the same: their objects are kept.

    Raises:
        ToolError: There is no such compiler, it fails, or the cache cannot be written.
    """
    compiler = version(tool)
    headers = {PurePosixPath(path).name: path for path in texts if path.endswith(".h")}

    def compiled(path: str) -> str:
        output = str(PurePosixPath(path).with_suffix(".o"))
        arguments = [*options[path], "-c", path]
        if path not in shared:
            call(tool, [*arguments, "-o", output], directory=directory)
            return output
        given = [word for word in options[path] if word in texts]  # by ``-include``
        read = [texts[name] for name in _included([path, *given], texts, headers)]
        key = content_key(compiler, *arguments, *read)
        kept = stored(
            f"objects/{key}.o",
            lambda made: call(tool, [*arguments, "-o", str(made)], directory=directory),
        )
        copyfile(kept, directory / output)
        return output

    # The largest file first, so that it does not start last.
    sources = sorted(options, key=lambda path: -len(texts[path]))
    with ThreadPoolExecutor(_COMPILERS) as pool:
        return sorted(pool.map(compiled, sources))


def _included(
    paths: Sequence[str], texts: Mapping[str, str], headers: Mapping[str, str]
) -> list[str]:
    """Paths of all files that a compiler may read for these: they, and what they include."""
    found, pending = set(paths), list(paths)
    while pending:
        names = _INCLUDE.findall(texts[pending.pop()])
        new = {headers[name] for name in names if name in headers} - found
        found |= new
        pending += sorted(new)
    return sorted(found)
