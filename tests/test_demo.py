"""The demo: trained, quantised, compiled and run to the end, and what it says when it cannot be."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from mote.demo.__main__ import DIFFERENT, USER_ERROR, main
from mote.demo.digits import load_digits
from mote.demo.network import train_network
from mote.demo.pipeline import Difference, first_difference


def test_every_held_out_image_gets_the_reference_bytes_on_the_target(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "digits"
    assert main(["--epochs", "2", "--output", str(place)]) == 0
    printed = capsys.readouterr().out
    assert "the same bytes as the reference for all 450" in printed
    for row in ("accuracy, float32", "RAM", "flash", "instructions", "cycles per MAC", "120 MHz"):
        assert row in printed
    assert "±" in printed
    assert json.loads((place / "manifest.json").read_text())["model"]["name"] == "digits"


def test_the_same_seed_trains_the_same_network() -> None:
    digits = load_digits(3)
    first, second = (
        train_network(digits, seed=3, epochs=1, epoch_done=lambda n: None).module for _ in range(2)
    )
    for one, other in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_the_split_holds_out_the_same_share_of_each_digit() -> None:
    digits = load_digits(0)
    counts = digits.counts(digits.test)
    assert counts.sum() == 450
    assert counts.max() - counts.min() <= 3
    assert digits.test.x.shape == (450, 8, 8, 1)
    assert digits.validation is None


def test_a_few_epochs_suffice_for_nine_of_ten() -> None:
    done: list[int] = []
    trained = train_network(load_digits(0), seed=0, epochs=4, epoch_done=done.append)
    assert (trained.test.accuracy or 0) >= 0.9
    assert done == [1, 2, 3, 4]


def test_the_first_difference_is_named_image_by_image() -> None:
    expected = np.zeros((3, 10), np.int8)
    found = expected.copy()
    assert first_difference(expected, found) is None
    found[1, 7], found[2, 0] = 5, 1
    assert first_difference(expected, found) == Difference(1, 7, 0, 5)


def test_a_difference_fails_the_demo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    difference = Difference(4, 2, -7, 9)
    monkeypatch.setattr("mote.demo.__main__.run", lambda settings, stage: _Result(difference))
    monkeypatch.setattr("mote.demo.__main__.table", lambda result: "")
    assert main([]) == DIFFERENT
    assert "image 4, score 2: the reference gives -7, the target 9" in capsys.readouterr().err


class _Result:
    def __init__(self, difference: Difference) -> None:
        self.difference = difference


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "cortex-m9"], "there is no target named 'cortex-m9'"),
        (["--target", "host"], "instructions are counted on emulated cores"),
        (["--output", __file__], "is a file; a directory is needed"),
    ],
)
def test_what_stands_in_the_way_is_said_before_any_training(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == USER_ERROR
    captured = capsys.readouterr()
    assert message in captured.err
    assert "train" not in captured.err


def test_missing_packages_are_named_together_with_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert main([]) == USER_ERROR
    message = capsys.readouterr().err
    assert "needs PyTorch and scikit-learn" in message
    assert "pip install 'mote[demo]'" in message


def test_a_missing_tool_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main([]) == USER_ERROR
    assert "apt-get install gcc-arm-none-eabi" in capsys.readouterr().err


@pytest.mark.parametrize("epochs", ["0", "-3", "two"])
def test_epochs_must_be_a_positive_number(epochs: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--epochs", epochs])
    assert caught.value.code == USER_ERROR
