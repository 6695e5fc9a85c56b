"""`mote data`: what a person and a script are told about a data set."""

import json
from pathlib import Path

import numpy as np
import pytest

from data_files import write_images, write_sounds
from mote.cli import main


def test_a_person_sees_format_counts_and_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_images(tmp_path / "pets", each=10)
    assert main(["data", str(tmp_path / "pets")]) == 0
    said = capsys.readouterr().out
    assert "pets: format images, image, samples 8 x 8 x 3 uint8" in said
    lines = [line.split() for line in said.splitlines()]
    assert ["class", "train", "validation", "test"] in lines
    assert ["cat", "7", "1", "2"] in lines
    assert ["all", "14", "2", "4"] in lines
    assert ["2", "200", "1"] in lines, "the third channel never changes"


def test_a_script_gets_one_json_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sounds(tmp_path / "words", ("yes", "no"), each=10)
    options = ["--sound-features", "log-mel", "--sound-seconds", "0.5", "--json"]
    assert main(["data", str(tmp_path / "words"), *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["classes"] == ["no", "yes"]
    assert told["shape"] == [24, 40, 1]
    assert told["samples"]["test"] == {"no": 2, "yes": 2}
    assert len(told["mean"]) == len(told["std"]) == 40
    assert told["details"] == {"rate": "8,000 Hz", "length": "0.5 s"}


def test_options_reach_images_and_motion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_images(tmp_path / "pets", each=10)
    assert main(["data", str(tmp_path / "pets"), "--image-size", "4", "6", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shape"] == [4, 6, 3]
    for name in "ab":
        np.savetxt(tmp_path / f"{name}.csv", np.zeros((50, 3)), delimiter=",")
    options = ["--format", "motion", "--window", "20", "--hop", "10", "--json"]
    assert main(["data", str(tmp_path), *options]) == 0
    assert json.loads(capsys.readouterr().out)["shape"] == [20, 3]


def test_a_bad_set_is_one_message_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"mote: error: {tmp_path}: no data set is recognised")
    assert not said.out


def test_many_classes_are_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "set.npz", x=np.zeros((300, 30)), y=np.arange(300) % 60)
    assert main(["data", str(tmp_path / "set.npz")]) == 0
    said = capsys.readouterr().out
    assert "20 more" in said
    assert "14 more" in said
