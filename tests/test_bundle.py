"""Several models in one project: one block of RAM, kernels once, and every model's own bytes."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mote
from mote.build import Build
from mote.errors import FitError, InputError
from mote.ir import Graph
from mote.ir.tensor import Array
from random_graphs import random_graph
from small_model import small_graph
from test_codegen_project import c_files, call, compile_strictly, tool, write
from tiny_model import tiny_graph


def fed(graph: Graph) -> Build:
    return mote.compile(graph, "cortex-m4", optimize="ram", feed_rows=True)


def builds() -> list[Build]:
    """Among them one whose rows come in one by one."""
    random = [replace(random_graph(seed), name=f"random {seed}") for seed in (1, 2)]
    others = [mote.compile(graph, "cortex-m4") for graph in (tiny_graph(), *random)]
    return [fed(small_graph()), *others]


def made_up(build: Build) -> list[Array]:
    """The input of the example."""
    return [
        ((np.arange(tensor.elements) % 256) - (128 if tensor.dtype.value == "int8" else 0))
        .astype(tensor.dtype.numpy)
        .reshape(tensor.shape)
        for tensor in (build.graph.tensors[name] for name in build.graph.inputs)
    ]


def shown(build: Build) -> list[str]:
    """What the example prints of a model."""
    on_host = mote.compile(build.graph, "host")
    (outputs,) = on_host.run_samples([made_up(build)])
    return [str(value) for y in outputs for value in y.ravel().tolist()]


def test_models_take_turns_in_one_block_and_each_gives_its_own_outputs(tmp_path: Path) -> None:
    made = mote.bundle(builds())
    made.save(tmp_path / "out")
    call(tmp_path, "make", "-C", "out")
    lines = call(tmp_path, str(tmp_path / "out/build/native/models")).splitlines()
    expected = []
    for build in made.builds:
        expected += [build.interface.prefix, *shown(build)]
    assert lines == expected
    assert made.arena_bytes == max(build.plan.total_bytes for build in made.builds)
    assert f"#define MOTE_ARENA_BYTES {made.arena_bytes}u" in made.files["models.h"]


def test_the_project_is_clean_and_has_every_kernel_once(tmp_path: Path) -> None:
    parts = builds()
    files = dict(mote.bundle(parts).files)
    write(files, tmp_path)
    sources = [path for path in c_files(files) if not path.startswith("kernels/")]
    compile_strictly(tmp_path, "cc", "-std=c99", sources=sources)
    flags = parts[0].target.core.gcc_flags
    compile_strictly(tmp_path, "arm-none-eabi-gcc", "-std=c99", *flags, sources=sources)
    kernels = {p for build in parts for p in build.files if p.startswith("kernels/")}
    assert kernels == {path for path in files if path.startswith("kernels/")}
    manifest = json.loads(files["manifest.json"])
    assert manifest["files"] == sorted(files)
    assert manifest["ram_bytes"]["total"] == max(b.plan.total_bytes for b in parts)
    for model in manifest["models"]:
        own = json.loads(files[model["manifest"]])
        assert own["model"]["prefix"] == model["prefix"]
        assert {f"{model['prefix']}/{path}" for path in own["files"]} <= set(files)


def test_cmake_and_the_cross_compiler_build_it(tmp_path: Path) -> None:
    mote.bundle(builds()[:2]).save(tmp_path / "out")
    call(tmp_path, "make", "-C", "out", "CROSS=arm-none-eabi-")
    call(tmp_path, tool("cmake"), "-S", "out", "-B", "made")
    call(tmp_path, tool("cmake"), "--build", "made")
    assert call(tmp_path, str(tmp_path / "made/models_example")).startswith("small\n")


@pytest.mark.parametrize(
    ("names", "details"),
    [
        (("a b", "a-b", "c"), ("2 models are called 'a_b' in C",)),
        (("kernels", "x"), ("'kernels' is the name of a folder of the project",)),
        (("x", "x", "build"), ("2 models are called 'x' in C", "'build' is the name of a folder")),
    ],
)
def test_names_that_clash_are_refused(names: Sequence[str], details: Sequence[str]) -> None:
    parts = [mote.compile(tiny_graph(name), "cortex-m4") for name in names]
    with pytest.raises(InputError) as caught:
        mote.bundle(parts)
    for found, expected in zip(caught.value.details, details, strict=True):
        assert found.startswith(expected)


def test_targets_that_differ_are_refused() -> None:
    parts = [mote.compile(tiny_graph("a"), "cortex-m4"), mote.compile(tiny_graph("b"), "cortex-m7")]
    with pytest.raises(InputError, match="for cortex-m4, others for cortex-m7"):
        mote.bundle(parts)
    with pytest.raises(InputError, match="none given"):
        mote.bundle([])


def test_a_limit_of_ram_counts_the_largest_block_and_the_deepest_stack() -> None:
    parts = [mote.compile(small_graph(), "cortex-m4"), mote.compile(tiny_graph(), "cortex-m4")]
    totals = [build.profile().totals for build in parts]
    block = max(t.arena_bytes + t.scratch_bytes for t in totals)
    needed = block + max(t.stack_bound_bytes for t in totals)
    assert mote.bundle(parts, ram=needed).arena_bytes == block
    with pytest.raises(FitError, match=r"\(1 B too many\)"):
        mote.bundle(parts, ram=needed - 1)
