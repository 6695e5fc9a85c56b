"""The Python API: what it returns, and what it says when it is used wrongly."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mote
from mote import reference
from mote.build import beside_arena
from mote.errors import (
    FitError,
    InputError,
    ModelFileError,
    OutputError,
    TargetError,
    ToolError,
    UnsupportedModelError,
)
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import Reshape, Softmax
from random_graphs import random_graph, random_inputs
from tiny_model import tiny_graph

X = np.random.default_rng(0).integers(-128, 128, (1, 8, 8, 1)).astype(np.int8)


@pytest.fixture(scope="module")
def build() -> mote.Build:
    return mote.compile(tiny_graph(), "host")


def several_outputs() -> Graph:
    return next(g for g in map(random_graph, range(200)) if len(g.outputs) > 1)


@pytest.mark.parametrize("aim", ["balanced", "time", "ram", "flash"])
def test_a_network_that_computes_nothing_gives_back_its_input(aim: str) -> None:
    same = Quantization((1.0,), (0,))
    tensors = [Tensor("x", (2, 3), DType.INT8, same), Tensor("y", (3, 2), DType.INT8, same)]
    node = Node("flat", Reshape(to=(3, 2)), ("x",), "y")
    graph = Graph("reshape", {t.name: t for t in tensors}, (node,), ("x",), ("y",))
    x = np.arange(6, dtype=np.int8).reshape(2, 3)
    found = mote.compile(graph, "host", optimize=aim).run(x)
    np.testing.assert_array_equal(found, x.reshape(3, 2))


def test_one_output_comes_as_an_array(build: mote.Build) -> None:
    np.testing.assert_array_equal(build.run(X), reference.run(build.graph, [X])["classes"])
    np.testing.assert_array_equal(build.run([X]), build.run(X))


def test_several_outputs_come_as_a_tuple() -> None:
    graph = several_outputs()
    sample = random_inputs(graph, 0)
    found = mote.compile(graph, "host").run(sample)
    assert isinstance(found, tuple)
    assert len(found) == len(graph.outputs)


def test_a_run_leaves_nothing_behind_for_the_next(build: mote.Build) -> None:
    first = build.run(X)
    build.run(np.full_like(X, 127))
    np.testing.assert_array_equal(build.run(X), first)
    (a,), (b,) = build.run_samples([X, [X]])
    np.testing.assert_array_equal(a, b)


def test_a_trace_has_every_activation_of_the_graph(build: mote.Build) -> None:
    want, found = reference.run(build.graph, [X]), build.trace(X)
    assert set(found) == set(want)
    for name in want:
        np.testing.assert_array_equal(found[name], want[name])


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4"])
def test_an_emulated_core_gives_the_same_bytes(build: mote.Build, core: str) -> None:
    emulated = mote.compile(tiny_graph(), core)
    np.testing.assert_array_equal(emulated.run(X), build.run(X))
    want, found = build.trace(X), emulated.trace(X)
    assert set(found) == set(want)
    assert all(np.array_equal(found[name], want[name]) for name in want)


def test_importing_mote_is_cheap() -> None:
    code = "import sys, mote; print([m for m in ('numpy', 'cffi', 'tflite') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_graph_that_only_renames_its_input_runs() -> None:
    q = Quantization((0.5,), (0,))
    tensors = {n: Tensor(n, s, DType.INT8, q) for n, s in {"x": (1, 2, 3), "y": (1, 6)}.items()}
    nodes = (Node("flat", Reshape(to=(1, 6)), ("x",), "y"),)
    x = np.arange(6, dtype=np.int8).reshape(1, 2, 3)
    for target in ("host", "cortex-m4"):
        build = mote.compile(Graph("flat", tensors, nodes, ("x",), ("y",)), target)
        np.testing.assert_array_equal(build.run(x), x.reshape(1, 6))
        np.testing.assert_array_equal(build.trace(x)["y"], x.reshape(1, 6))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'compil'"):
        mote.compil  # noqa: B018


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X[0], r"int8\[8, 8, 1\], allowed: int8\[1, 8, 8, 1\]"),
        (X.astype(np.int16), r"int16\[1, 8, 8, 1\], allowed: int8"),
        ([X, X], "takes 1 inputs"),
        ([], "takes 1 inputs"),
        ("no array", "allowed: int8"),
        (None, "allowed: int8"),
    ],
)
def test_wrong_inputs_are_refused(build: mote.Build, x: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build.run(x)


def test_real_values_are_refused_with_the_way_to_quantise_them(build: mote.Build) -> None:
    real = X.astype(np.float32)
    with pytest.raises(InputError) as caught:
        build.run(real)
    recipe = caught.value.hint.removeprefix("quantise it: ")
    found = eval(recipe, {"numpy": np, "x": real})
    assert found.dtype == np.int8
    np.testing.assert_array_equal(found, np.clip(np.round(real / 0.0625) - 8, -128, 127))


def test_float_layers_are_refused_all_at_once() -> None:
    shape = (1, 4)
    tensors = {n: Tensor(n, shape, DType.FLOAT32) for n in "xyz"}
    nodes = (Node("one", Softmax(), ("x",), "y"), Node("two", Softmax(), ("y",), "z"))
    with pytest.raises(UnsupportedModelError) as caught:
        mote.compile(Graph("real", tensors, nodes, ("x",), ("z",)), "host")
    assert [line.split(":")[0] for line in caught.value.details] == ["node 'one'", "node 'two'"]
    assert "quantize" in caught.value.hint


def test_an_unknown_target_is_refused_with_near_names() -> None:
    with pytest.raises(TargetError, match="cortex-m4"):
        mote.compile(tiny_graph(), "cortex-m44")


def test_a_board_that_is_too_small_is_refused() -> None:
    graph = tiny_graph()
    board = mote.compile(graph, "nucleo-l4r5zi").target
    assert board.board is not None
    small = replace(board, board=replace(board.board, ram_bytes=100, flash_bytes=50))
    with pytest.raises(FitError) as caught:
        mote.compile(graph, small)
    assert "B of RAM" in caught.value.message()
    assert "B of flash" in caught.value.message()
    assert "worst step" in caught.value.message()


def test_a_missing_compiler_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolError, match="apt-get install gcc"):
        mote.compile(tiny_graph(), "host").run(X)


@pytest.mark.parametrize("name", ["absent.tflite", "absent", "."])
def test_a_path_without_a_model_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelFileError):
        mote.load(tmp_path / name)


def texts(directory: Path) -> dict[str, str]:
    """Every file below a directory."""
    files = (p for p in directory.rglob("*") if p.is_file())
    return {p.relative_to(directory).as_posix(): p.read_text() for p in files}


def test_saving_replaces_an_earlier_project_whole(build: mote.Build, tmp_path: Path) -> None:
    place = tmp_path / "deep" / "tiny"
    build.save(place)
    other = mote.compile(tiny_graph(), "cortex-m4")
    assert set(build.files) != set(other.files)
    other.save(place)
    assert texts(place) == other.files
    assert os.listdir(place.parent) == ["tiny"]


def test_saving_again_spares_what_others_added(build: mote.Build, tmp_path: Path) -> None:
    build.save(tmp_path / "tiny")
    (tmp_path / "tiny" / "kernels" / "mine.c").write_text("int mine;")
    mote.compile(tiny_graph(), "cortex-m4").save(tmp_path / "tiny")
    assert (tmp_path / "tiny" / "kernels" / "mine.c").read_text() == "int mine;"


def test_a_manifest_cannot_make_saving_remove_files_elsewhere(
    build: mote.Build, tmp_path: Path
) -> None:
    (tmp_path / "thesis.tex").write_text("two years")
    (tmp_path / "tiny").mkdir()
    lie = {"tool": "mote", "files": ["../thesis.tex", str(tmp_path / "thesis.tex")]}
    (tmp_path / "tiny" / "manifest.json").write_text(json.dumps(lie))
    build.save(tmp_path / "tiny")
    assert (tmp_path / "thesis.tex").exists()


def test_saving_into_the_working_directory_keeps_it(
    build: mote.Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    build.save(".")
    assert Path("model.c").read_text() == build.files["model.c"]


def test_saving_follows_a_link_to_a_directory(build: mote.Build, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    build.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "model.c").exists()


def test_saving_fills_an_empty_directory(build: mote.Build, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    build.save(tmp_path / "empty")
    assert (tmp_path / "empty" / "model.c").read_text() == build.files["model.c"]


def test_saving_spares_what_mote_did_not_write(build: mote.Build, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("two years")
    with pytest.raises(OutputError, match="holds other things"):
        build.save(tmp_path)
    assert os.listdir(tmp_path) == ["thesis.tex"]
    (tmp_path / "manifest.json").write_text('{"tool": "another"}')
    with pytest.raises(OutputError, match="holds other things"):
        build.save(tmp_path)


def test_saving_over_a_file_is_refused(build: mote.Build, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="is a file"):
            build.save(place)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_saving_where_nobody_may_write_is_refused(build: mote.Build, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="not writable"):
        build.save(tmp_path / "tiny")


def test_a_write_that_fails_leaves_the_earlier_project(
    build: mote.Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "tiny"
    build.save(place)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    for where in (place, tmp_path / "new"):
        with pytest.raises(OutputError, match="No space left"):
            mote.compile(tiny_graph(), "cortex-m4").save(where)
    monkeypatch.undo()
    assert texts(place) == build.files
    assert os.listdir(tmp_path) == ["tiny"]


def test_a_limit_that_is_missed_counts_the_stack_at_once() -> None:
    least = mote.compile(tiny_graph(), "cortex-m4", optimize="ram")
    needed = least.plan.total_bytes + beside_arena(least)
    with pytest.raises(FitError) as caught:
        mote.compile(tiny_graph(), "cortex-m4", optimize="ram", ram=1)
    assert f"needs {needed:,} B" in caught.value.found
    assert "of them stack" in caught.value.found
    assert "row by row" in caught.value.hint
    with pytest.raises(FitError) as caught:
        mote.compile(tiny_graph(), "cortex-m4", ram=1, feed_rows=True)
    assert "row by row" not in caught.value.hint
    for optimize in ("ram", "balanced"):
        build = mote.compile(tiny_graph(), "cortex-m4", optimize=optimize, ram=needed)
        assert build.plan.total_bytes <= needed


def test_the_rows_of_several_inputs_cannot_be_delivered() -> None:
    graph = next(g for g in map(random_graph, range(200)) if len(g.inputs) > 1)
    with pytest.raises(UnsupportedModelError, match=rf"has {len(graph.inputs)} inputs") as caught:
        mote.compile(graph, "host", feed_rows=True)
    assert "--feed-rows" in caught.value.hint
