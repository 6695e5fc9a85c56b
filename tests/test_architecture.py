"""The shape of the code: who imports whom, heavy libraries at the edges, small files."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "mote"

LAYERS = (
    ("errors", "target"),
    ("ir",),
    ("reference",),
    ("ranges",),
    ("frontends",),
    ("passes",),
    ("quantization",),
    ("lower",),
    ("plan",),
    ("codegen",),
    ("run",),
    ("report",),
    ("build", "patching"),
    ("bundling",),
    ("data",),
    ("zoo",),
    ("training",),
    ("__init__",),
    ("demo",),
    ("cli",),
    ("__main__",),
)
"""Each layer imports from itself and from those before it; all may raise errors."""

HEAVY = {
    "torch": {"data/augment.py", "frontends/torch", "zoo", "training", "demo"},
    "sklearn": {"demo", "data/digits.py"},
    "PIL": {"data/pictures.py"},
    "ai_edge_litert": {"run/litert.py"},
    "tflite": {"frontends/tflite"},
    "onnx": {"frontends/onnx"},
    "onnxruntime": set(),
    "ortools": {"plan/optimal.py"},
    "cffi": {"run"},
    "elftools": {"run"},
    "click": {"cli"},
    "rich": {"cli", "demo"},
}
"""Library -> the files or folders that may import it; all others must work without it."""

MAX_LINES = 400
KERNEL_FILES = sorted((PACKAGE / "kernels").rglob("*.[ch]"))
PYTHON_FILES = sorted(PACKAGE.rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            module = node.module or ""
            if module == "mote":  # `from mote import run` may mean the room
                yield from (
                    (f"mote.{a.name}" if room_exists(a.name) else "mote.__init__", node.lineno)
                    for a in node.names
                )
            else:
                yield module, node.lineno


def room_exists(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rank(name: str) -> int:
    ranks = [index for index, row in enumerate(LAYERS) if name in row]
    assert ranks, f"'{name}' has no place in LAYERS"
    return ranks[0]


@pytest.mark.parametrize("path", PYTHON_FILES, ids=relative)
def test_a_module_imports_only_from_what_stands_before_it(path: Path) -> None:
    own = room(path)
    for module, line in imports(path):
        parts = module.split(".")
        if parts[0] != "mote" or module == "mote.__init__":
            continue
        used = parts[1] if len(parts) > 1 else "__init__"
        place = f"{relative(path)}:{line} imports {module}"
        assert used == own or rank(used) < rank(own) or used == "errors", place


@pytest.mark.parametrize("path", PYTHON_FILES, ids=relative)
def test_heavy_libraries_are_imported_only_by_the_module_that_needs_them(path: Path) -> None:
    for module, line in imports(path):
        allowed = HEAVY.get(module.split(".")[0])
        if allowed is None:
            continue
        here = relative(path)
        assert any(here == a or here.startswith(f"{a}/") for a in allowed), (
            f"{here}:{line} {module}"
        )


def test_the_package_works_without_the_optional_libraries() -> None:
    """`import mote` must not need torch, scikit-learn, Pillow, onnx or LiteRT."""
    code = (
        "import sys\n"
        "for name in ('torch', 'sklearn', 'PIL', 'onnx', 'ai_edge_litert', 'ortools'):\n"
        "    sys.modules[name] = None\n"
        "import mote, mote.cli\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("path", [*PYTHON_FILES, *KERNEL_FILES], ids=relative)
def test_a_file_fits_in_the_head(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= MAX_LINES, f"{relative(path)} has {lines} lines: split it by concept"


@pytest.mark.parametrize("path", PYTHON_FILES, ids=relative)
def test_a_module_says_what_it_owns(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{relative(path)} has no docstring"


@pytest.mark.parametrize("path", KERNEL_FILES, ids=relative)
def test_a_kernel_states_its_licence_first(path: Path) -> None:
    assert path.read_text().startswith("/* SPDX-License-Identifier: Apache-2.0"), relative(path)


@pytest.mark.parametrize("path", KERNEL_FILES, ids=relative)
def test_a_kernel_file_is_named_after_its_function(path: Path) -> None:
    if path.suffix == ".c" and path.stem.startswith("mote_"):
        assert re.search(rf"\b{path.stem}\(", path.read_text()), relative(path)


def test_no_file_names_a_machine_or_a_home() -> None:
    """Nothing in the repository depends on where it was written."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout: there is no list of the repository's files")
    pattern = re.compile(rb"/(?:home|root|work|opt|Users)/[A-Za-z.]")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file():
            continue
        found = pattern.search(path.read_bytes())
        assert found is None, f"{name} has the path {found.group().decode()}…"


def test_no_module_is_named_utils() -> None:
    assert not [p for p in PYTHON_FILES if p.stem in {"utils", "helpers", "common", "misc"}]
