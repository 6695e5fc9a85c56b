"""Generated projects: deterministic, clean under strict compilers, built by make and CMake."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

import mote
from mote.codegen.formulas import FORMULAS, FORMULAS_F32
from mote.ir import Graph
from mote.ir.ops import OPS, Reshape
from mote.target import CORES
from random_graphs import random_graph
from tiny_model import tiny_graph
from toy_project import missing_tools

STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic", "-Werror", "-O2")
GOLDEN = Path(__file__).parent / "golden" / "tiny"
HOSTILE = '3*/ int x;\\??/"\n模型/*'


def tool(name: str) -> str:
    """A program that the setup installs, beside Python or in the system."""
    beside = Path(sys.executable).parent
    path = shutil.which(name, path=f"{beside}{os.pathsep}{os.environ['PATH']}")
    assert path, f"{name} is missing: make setup"
    return path


def write(files: Mapping[str, str], directory: Path) -> None:
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text, encoding="utf-8")


def call(directory: Path, *arguments: str) -> str:
    done = subprocess.run(arguments, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout


def compile_strictly(directory: Path, compiler: str, *flags: str, sources: list[str]) -> None:
    options = [*STRICT, *flags, "-I.", "-Ikernels", "-c", "-o", os.devnull]
    for source in sources:
        call(directory, tool(compiler), *options, source)


def c_files(files: Mapping[str, str], under: str = "") -> list[str]:
    return [path for path in files if path.endswith(".c") and path.startswith(under)]


def hostile_graph() -> Graph:
    """The small network, under names that would break careless C."""
    graph = tiny_graph(HOSTILE)
    names = {name: f"{HOSTILE}{name}" for name in graph.tensors}
    return replace(
        graph,
        tensors={names[n]: replace(t, name=names[n]) for n, t in graph.tensors.items()},
        nodes=tuple(
            replace(
                n,
                name=f"{HOSTILE}{n.name}",
                inputs=tuple(names[t] for t in n.inputs),
                output=names[n.output],
            )
            for n in graph.nodes
        ),
        inputs=tuple(names[t] for t in graph.inputs),
        outputs=tuple(names[t] for t in graph.outputs),
    )


def test_the_same_model_gives_the_same_bytes_in_every_process() -> None:
    code = (
        "import hashlib, mote; from tiny_model import tiny_graph\n"
        "files = mote.compile(tiny_graph(), 'cortex-m4').files\n"
        "print(hashlib.sha256(repr(list(files.items())).encode()).hexdigest())"
    )
    files = mote.compile(tiny_graph(), "cortex-m4").files
    expected = hashlib.sha256(repr(list(files.items())).encode()).hexdigest()
    for seed in ("1", "2"):
        path = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        found = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        assert found.stdout.strip() == expected


def test_the_generated_sample_is_the_one_that_is_checked_in() -> None:
    """After a wanted change: ``python tests/test_codegen_project.py`` writes it anew."""
    files = golden_files()
    assert {p.name for p in GOLDEN.iterdir()} == set(files)
    for path, text in files.items():
        assert (GOLDEN / path).read_text(encoding="utf-8") == text, path


def golden_files() -> dict[str, str]:
    files = mote.compile(tiny_graph(), "cortex-m4").files
    return {path: text for path, text in files.items() if not path.startswith("kernels/")}


@pytest.mark.parametrize("compiler", ["cc", "arm-none-eabi-gcc"])
def test_generated_code_is_clean_c99(tmp_path: Path, compiler: str) -> None:
    for graph in (tiny_graph("int"), hostile_graph(), *map(random_graph, range(6))):
        files = mote.compile(graph, "cortex-m4").files
        write(files, tmp_path)
        sources = [path for path in c_files(files) if not path.startswith("kernels/")]
        flags = () if compiler == "cc" else CORES["cortex-m4"].gcc_flags
        compile_strictly(tmp_path, compiler, "-std=c99", *flags, sources=sources)


def test_the_header_is_clean_cplusplus(tmp_path: Path) -> None:
    for seed, graph in enumerate(
        (tiny_graph("class"), hostile_graph(), *map(random_graph, range(8)))
    ):
        write(mote.compile(graph, "host").files, tmp_path / str(seed))
        (tmp_path / str(seed) / "application.cpp").write_text('#include "model.h"\n')
        options = ["-std=c++11", *STRICT, "-c", "-o", os.devnull]
        call(tmp_path / str(seed), tool("g++"), *options, "application.cpp")


def made_up_input() -> np.ndarray:
    """What the example program feeds."""
    return (np.arange(64) % 256 - 128).astype(np.int8).reshape(1, 8, 8, 1)


@pytest.mark.parametrize("target", ["host", "cortex-m4"])
def test_make_builds_an_example_that_prints_the_models_output(tmp_path: Path, target: str) -> None:
    build = mote.compile(tiny_graph(), target)
    build.save(tmp_path / "tiny")
    call(tmp_path / "tiny", tool("make"), "CFLAGS=-O1 -Werror")
    printed = call(tmp_path / "tiny", "build/native/tiny")
    want = mote.compile(tiny_graph(), "host").run(made_up_input())
    assert [int(line) for line in printed.split()] == want.ravel().tolist()


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4", "cortex-m55"])
def test_make_builds_a_library_for_the_core(tmp_path: Path, core: str) -> None:
    mote.compile(tiny_graph(), core).save(tmp_path / "tiny")
    tool("arm-none-eabi-gcc")
    call(tmp_path / "tiny", tool("make"), "CROSS=arm-none-eabi-", "CFLAGS=-O1 -Werror")
    symbols = call(tmp_path / "tiny", "arm-none-eabi-nm", "build/arm-none-eabi/libtiny.a")
    assert " T tiny_run" in symbols


def test_make_builds_a_library_for_risc_v(tmp_path: Path) -> None:
    """With headers from elsewhere, as the Makefile says: the compiler has none of its own."""
    if reason := missing_tools(CORES["rv32imc"]):
        pytest.skip(reason)
    headers = resources.files("mote.run") / "harness/freestanding"
    mote.compile(tiny_graph(), "rv32imc").save(tmp_path / "tiny")
    compiler = tool("riscv64-unknown-elf-gcc")
    options = ["CROSS=riscv64-unknown-elf-", f"CFLAGS=-O1 -Werror -isystem {headers}"]
    call(tmp_path / "tiny", tool("make"), *options)
    made = tmp_path / "tiny/build/riscv64-unknown-elf/libtiny.a"
    listed = call(tmp_path, compiler.removesuffix("gcc") + "readelf", "-h", str(made))
    assert set(re.findall(r"Class: +(\w+)", listed)) == {"ELF32"}
    assert " T tiny_run" in call(tmp_path, compiler.removesuffix("gcc") + "nm", str(made))


def test_the_library_has_no_variables_and_needs_nothing_but_memory_functions(
    tmp_path: Path,
) -> None:
    """No mutable globals, no malloc, no libm: what a linker would still look for is listed."""
    allowed = {"memcpy", "memset", "memmove"}
    mote.compile(tiny_graph(), "cortex-m0plus").save(tmp_path / "tiny")
    call(tmp_path / "tiny", tool("make"), "CROSS=arm-none-eabi-", "CFLAGS=-O2")
    listed = call(tmp_path / "tiny", "arm-none-eabi-nm", "build/arm-none-eabi/libtiny.a")
    rows = [line.split()[-2:] for line in listed.splitlines() if len(line.split()) >= 2]
    defined = {name for kind, name in rows if kind != "U"}
    missing = {name for kind, name in rows if kind == "U"} - defined
    assert not [name for kind, name in rows if kind in "bBdDC"]
    assert {m for m in missing if not m.startswith("__aeabi_")} <= allowed, missing


def test_cmake_builds_the_example(tmp_path: Path) -> None:
    mote.compile(tiny_graph(), "cortex-m4").save(tmp_path / "tiny")
    call(tmp_path, tool("cmake"), "-S", "tiny", "-B", "out", "-DCMAKE_C_FLAGS=-Werror")
    call(tmp_path, tool("cmake"), "--build", "out")
    want = mote.compile(tiny_graph(), "host").run(made_up_input())
    assert [int(line) for line in call(tmp_path, "out/tiny_example").split()] == want[0].tolist()


def test_cmake_builds_the_library_for_the_core(tmp_path: Path) -> None:
    mote.compile(tiny_graph(), "cortex-m4").save(tmp_path / "tiny")
    call(
        tmp_path, tool("cmake"), "-S", "tiny", "-B", "out", "-DCMAKE_SYSTEM_NAME=Generic",
        f"-DCMAKE_C_COMPILER={tool('arm-none-eabi-gcc')}",
        "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY",
    )  # fmt: skip
    call(tmp_path, tool("cmake"), "--build", "out")
    attributes = call(tmp_path, "arm-none-eabi-readelf", "-A", "out/libtiny.a")
    assert "v7E-M" in attributes


def test_unused_kernels_are_left_out() -> None:
    files = mote.compile(tiny_graph(), "host").files
    assert "kernels/mote_max_pool_2d_s8.c" not in files
    assert "kernels/mote_kernels.h" in files


def test_the_manifest_adds_up() -> None:
    build = mote.compile(tiny_graph(), "cortex-m4")
    manifest = json.loads(build.files["manifest.json"])
    assert manifest["macs"] == sum(layer["macs"] for layer in manifest["layers"])
    assert manifest["ram_bytes"]["total"] == build.plan.total_bytes
    roles = {"weights": 0, "constants": 0}
    arrays = {c["name"]: c for layer in manifest["layers"] for c in layer["constants"]}
    for constant in arrays.values():
        roles[constant["role"]] += constant["bytes"]
    assert {**roles, "code": None} == manifest["flash_bytes"]
    assert [t["shape"] for t in manifest["inputs"]] == [[1, 8, 8, 1]]
    assert manifest["inputs"][0]["scale"] == 0.0625
    places = {t["name"]: t["offset"] for t in manifest["tensors"]}
    assert places["flat"] == places["pooled"]


def test_every_operator_that_becomes_code_has_a_formula() -> None:
    assert {*FORMULAS, *FORMULAS_F32} == set(OPS) - {Reshape}


def write_golden() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for path in GOLDEN.iterdir():
        path.unlink()
    write(golden_files(), GOLDEN)


if __name__ == "__main__":
    write_golden()
