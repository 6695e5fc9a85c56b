"""Objects that models share are made once, and again when what they are made of changes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import mote
from mote.run import objects
from mote.run.firmware import build
from mote.run.objects import compile_objects
from mote.target.cores import CORES
from small_model import small_graph
from tiny_model import tiny_graph
from toy_project import missing_tools

MAIN = '#include "outer.h"\nint main(void) { return VALUE; }\n'
FILES = {"main.c": MAIN, "outer.h": '#include "inner.h"\n', "inner.h": "#define VALUE 3\n"}


_MISSING = missing_tools(CORES["cortex-m4"])
needs_arm = pytest.mark.skipif(bool(_MISSING), reason=_MISSING or "all there")


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sources that a compiler was called for, from an empty cache on."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    sources: list[str] = []
    call: Callable[..., str] = objects.call

    def counted(tool: str, arguments: Sequence[str], **rest: Any) -> str:
        sources.append(arguments[arguments.index("-c") + 1])
        return call(tool, arguments, **rest)

    monkeypatch.setattr(objects, "call", counted)
    return sources


def compile_files(files: dict[str, str], folder: Path, options: Sequence[str] = ()) -> list[str]:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    given = {"main.c": ["-O1", "-I.", *options]}
    return compile_objects("cc", given, files, folder, shared={"main.c"})


@pytest.mark.parametrize(
    ("change", "options", "again"),
    [
        ({}, [], False),
        ({"other.h": "#define VALUE 5\n"}, [], False),
        ({"main.c": MAIN + "\n"}, [], True),
        ({"inner.h": "#define VALUE 4\n"}, [], True),
        ({}, ["-DNEW"], True),
        ({"other.h": "#define OLD 5\n"}, ["-include", "other.h"], True),
    ],
    ids=["same", "no include", "source", "header of a header", "option", "forced include"],
)
def test_an_object_is_made_again_when_what_it_is_made_of_changes(
    change: dict[str, str],
    options: list[str],
    again: bool,
    compiled: list[str],
    tmp_path: Path,
) -> None:
    assert compile_files(FILES, tmp_path / "a") == ["main.o"]
    assert compile_files({**FILES, **change}, tmp_path / "b", options) == ["main.o"]
    assert len(compiled) == 1 + again
    first, second = ((tmp_path / name / "main.o").read_bytes() for name in "ab")
    assert (first == second) or again


def test_a_forced_include_that_changes_makes_another_object(
    compiled: list[str], tmp_path: Path
) -> None:
    for name, value in (("a", 1), ("b", 2)):
        files = {**FILES, "other.h": f"#define NEW {value}\n"}
        compile_files(files, tmp_path / name, ["-include", "other.h"])
    assert len(compiled) == 2


@needs_arm
def test_a_second_model_compiles_only_its_own_files(compiled: list[str], tmp_path: Path) -> None:
    for number, graph in enumerate((tiny_graph(), tiny_graph("other"))):
        for trace in (False, True):
            compiled.clear()
            made = mote.compile(graph, "cortex-m4")
            folder = tmp_path / f"{number}{trace}"
            build(made.files, made.interface, CORES["cortex-m4"], folder, trace=trace)
    assert sorted(compiled) == ["harness/binding.c", "project/model.c", "project/weights.c"]


@needs_arm
def test_a_core_has_objects_of_its_own(compiled: list[str], tmp_path: Path) -> None:
    for name in ("cortex-m3", "cortex-m4"):
        made = mote.compile(small_graph(), name)
        build(made.files, made.interface, CORES[name], tmp_path / name)
    assert compiled.count("harness/harness.c") == 2
