"""`--patches` computes the first layers in tiles, with the same result, or says why it cannot."""

import json
from pathlib import Path

import numpy as np
import pytest

import mote
from inverted_residuals import Maker
from mote.cli import main
from mote.ir import Graph
from random_graphs import random_inputs
from small_model import write_small_model

Capture = pytest.CaptureFixture[str]


@pytest.fixture(name="folder", autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_small_model(tmp_path)
    return tmp_path


@pytest.mark.parametrize("patches", ["conv_2d_0:2", "maps:5", "auto"])
def test_outputs_stay_the_same(patches: str) -> None:
    assert main(["run", "small.tflite", "-o", "whole.npy"]) == 0
    assert main(["run", "small.tflite", "-o", "tiled.npy", "--patches", patches]) == 0
    np.testing.assert_array_equal(np.load("whole.npy"), np.load("tiled.npy"))


def wide_graph() -> Graph:
    """A plane that grows within a block."""
    maker = Maker((1, 24, 24, 2))
    maker.conv(8, 3, 2)
    maker.block(4, 8, 2)
    maker.block(2, 8, 2)
    return maker.graph("wide", 3)


def test_auto_says_what_it_chose(capsys: Capture) -> None:
    mote.save(wide_graph(), "wide.mote")
    chosen = mote.choose_patches(wide_graph(), "host")
    assert chosen.tiles > 1
    assert main(["run", "wide.mote", "--patches", "auto"]) == 0
    what = f"patches: {chosen.tiles} x {chosen.tiles} up to '{chosen.split}', "
    assert f"{what}{100 * chosen.overhead:.1f} % more" in capsys.readouterr().err


def test_a_project_has_the_tiles_as_layers(folder: Path) -> None:
    options = ["-t", "cortex-m4", "-o", "out", "--patches", "conv_2d_0:2"]
    assert main(["compile", "small.tflite", *options]) == 0
    layers = json.loads((folder / "out" / "manifest.json").read_text())["layers"]
    assert sum(layer["operator"] == "conv_2d" for layer in layers) == 4
    assert main(["verify", "small.tflite", "--patches", "conv_2d_0:2", "--samples", "3"]) == 0


def test_auto_leaves_whole_what_fits(capsys: Capture) -> None:
    assert main(["run", "small.tflite", "--patches", "auto", "--ram", "1kB"]) == 0
    assert "patches: none, whole layers are best" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["conv_2d_0"], "is neither 'auto' nor NAME:TILES"),
        (["conv_2d_0:"], "is neither 'auto' nor NAME:TILES"),
        (["conv_2d_0:two"], "is neither 'auto' nor NAME:TILES"),
        (["conv_2d_0:0"], "there is at least one in each direction"),
        (["conv_2d_0:1"], "one tile leaves layers whole"),
        (["conv_2d:2"], "did you mean 'conv_2d_0'?"),
        (["fully_connected_1:2"], "there is no node"),
        (["scores:2"], "fully_connected cannot be computed in tiles"),
        (["auto", "--ram", "100"], "no patches keep its arena within 100 bytes"),
    ],
)
def test_what_cannot_be_is_refused(options: list[str], message: str, capsys: Capture) -> None:
    arguments = ["compile", "small.tflite", "-t", "host", "-o", "out", "--patches", *options]
    assert main(arguments) == 2
    assert message in capsys.readouterr().err
    assert not Path("out").exists()


def test_python_has_the_same() -> None:
    graph = wide_graph()
    chosen = mote.choose_patches(graph, "cortex-m4")
    tiled = mote.compile(mote.patch(graph, chosen.split, chosen.tiles), "host", optimize="time")
    whole = mote.compile(graph, "host", optimize="time")
    assert tiled.plan.total_bytes < whole.plan.total_bytes
    x = random_inputs(graph, 0)
    np.testing.assert_array_equal(tiled.run(x), whole.run(x))
