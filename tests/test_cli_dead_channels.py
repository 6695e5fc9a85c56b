"""What the commands say of dead channels, and how they judge what is left."""

import json
from pathlib import Path

import pytest

import mote
from dead_channel_graphs import Network
from mote.cli import main
from mote.ir import Graph
from mote.ir.ops import Conv2D
from small_model import write_small_model
from tflite_writer import write_tflite

Capture = pytest.CaptureFixture[str]
SAVED = "2 channels are dead and left out: 32 -> 16 weights, 512 -> 256 MACs"


def half_dead() -> Graph:
    net = Network((1, 4, 4, 4))
    a = net.layer("a", Conv2D(), "x", (4, 1, 1, 4), dead=[1, 3])
    net.layer("b", Conv2D(), a, (4, 1, 1, 4))
    return net.graph()


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    mote.save(half_dead(), "half.mote")
    (tmp_path / "half.tflite").write_bytes(write_tflite(half_dead()))
    return tmp_path


def said(capsys: Capture, *arguments: str) -> str:
    assert main(arguments) == 0, capsys.readouterr().err
    return capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_compile_says_what_is_left_out(capsys: Capture) -> None:
    assert SAVED in said(capsys, "compile", "half.mote", "-t", "host", "-o", "out")
    manifest = json.loads(Path("out/manifest.json").read_text())
    assert manifest["macs"] == 256


@pytest.mark.usefixtures("folder")
def test_profile_counts_what_is_computed_beside_the_whole_network(capsys: Capture) -> None:
    text = said(capsys, "profile", "half.mote", "-t", "cortex-m4")
    assert SAVED in text
    assert "256 of the network's 512" in text
    totals = json.loads(said(capsys, "profile", "half.mote", "-t", "cortex-m4", "--json"))["totals"]
    assert (totals["macs"], totals["network_macs"]) == (256, 512)
    assert totals["cycles_per_mac"] == totals["cycles"] / 256


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("model", ["half.tflite", "half.mote"])
def test_verify_compares_the_channels_that_are_left(model: str, capsys: Capture) -> None:
    assert "2 samples (seed 0), 2 layers, 192 values, 0 differ" in said(
        capsys, "verify", model, "--samples", "2"
    )


def test_a_network_that_is_all_alive_has_no_line_about_it(folder: Path, capsys: Capture) -> None:
    write_small_model(folder)
    assert "dead" not in said(capsys, "compile", "small.tflite", "-t", "host", "-o", "out")
