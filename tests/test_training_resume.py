"""A run that was stopped, however rudely, ends with the bits of one that was not."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from mote.errors import InputError, ModelFileError, OutputError
from mote.training import TrainingConfig, TrainingInterrupted, Watch, train
from mote.training.checkpoint import load_checkpoint
from training_setup import CONFIG, dataset, network

PROGRAM = Path(__file__).with_name("training_setup.py")
FIRST_STEPS = 11
"""In the middle of the second epoch: one has 8 steps."""


@pytest.fixture(name="whole", scope="module")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody disturbed."""
    directory = tmp_path_factory.mktemp("whole") / "run"
    train(network(), dataset(), CONFIG, directory)
    return directory


def assert_same_run(found: Path, expected: Path) -> None:
    for name in ("last.pt", "best.pt"):
        one, other = load_checkpoint(found / name), load_checkpoint(expected / name)
        assert_same(one, other, name)
    lines = [
        [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in text]
        for text in (
            (folder / "metrics.jsonl").read_text().splitlines() for folder in (found, expected)
        )
    ]
    assert lines[0] == lines[1]
    assert (found / "result.json").read_text() == (expected / "result.json").read_text()


def assert_same(one: object, other: object, where: str) -> None:
    if isinstance(one, torch.Tensor):
        assert isinstance(other, torch.Tensor)
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert isinstance(other, dict)
        assert one.keys() == other.keys()
        for key in one.keys() - {"seconds"}:
            assert_same(one[key], other[key], f"{where}: {key}")
    elif isinstance(one, list):
        assert isinstance(other, list)
        assert len(one) == len(other)
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            assert_same(left, right, f"{where}[{index}]")
    else:
        assert one == other, where


def start_process(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(directory), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def wait_for_step(process: subprocess.Popen[str], step: int) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == f"step {step}":
            return
    raise AssertionError(process.communicate()[1])


def test_a_killed_process_goes_on_in_the_middle_of_an_epoch(tmp_path: Path, whole: Path) -> None:
    directory = tmp_path / "run"
    process = start_process(directory, "--slowly")
    wait_for_step(process, FIRST_STEPS)
    process.kill()
    process.communicate()
    saved = load_checkpoint(directory / "last.pt")
    assert saved["step"] % 8 != 0, "the checkpoint is of the middle of an epoch"
    assert saved["step"] <= FIRST_STEPS
    finished = start_process(directory, "--resume")
    _, errors = finished.communicate(timeout=60)
    assert finished.returncode == 0, errors
    assert_same_run(directory, whole)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_between_two_steps_and_says_so(
    number: signal.Signals, tmp_path: Path, whole: Path
) -> None:
    directory = tmp_path / "run"

    def stop(done: int, total: int) -> None:
        if done == FIRST_STEPS:
            os.kill(os.getpid(), number)
            time.sleep(0.01)

    with pytest.raises(TrainingInterrupted) as caught:
        train(network(), dataset(), CONFIG, directory, watch=Watch(on_step=stop))
    assert caught.value.directory == directory
    assert load_checkpoint(directory / "last.pt")["step"] == FIRST_STEPS
    train(network(), dataset(), CONFIG, directory, resume=True)
    assert_same_run(directory, whole)


def test_a_run_that_is_done_can_be_resumed_and_stays_as_it_is(whole: Path) -> None:
    before = load_checkpoint(whole / "last.pt")
    result = train(network(), dataset(), CONFIG, whole, resume=True)
    assert_same(load_checkpoint(whole / "last.pt"), before, "last.pt")
    assert len(result.history) == CONFIG.epochs


def test_another_thread_may_train(tmp_path: Path) -> None:
    """Signals reach the main thread alone; a loop elsewhere must not ask for them."""
    from threading import Thread

    done = []
    config = TrainingConfig(epochs=1, batch_size=200)
    thread = Thread(
        target=lambda: done.append(train(network(), dataset(), config, tmp_path / "run"))
    )
    thread.start()
    thread.join()
    assert len(done) == 1


def test_resuming_something_else_lists_every_difference(whole: Path) -> None:
    other = TrainingConfig(**{**CONFIG.as_mapping(), "seed": 8, "epochs": 9, "threads": 2})
    with pytest.raises(InputError) as caught:
        train(network(), dataset(), other, whole, resume=True)
    message = caught.value.message()
    assert "seed was 7, is 8" in message
    assert "epochs was 3, is 9" in message
    assert "threads" not in message
    with pytest.raises(InputError, match="size mismatch"):
        train(network(hidden=12), dataset(), CONFIG, whole, resume=True)
    with pytest.raises(InputError, match="there were 240 training samples, there are 100"):
        train(network(), dataset(count=100), CONFIG, whole, resume=True)


def test_a_damaged_checkpoint_is_refused(tmp_path: Path, whole: Path) -> None:
    with pytest.raises(ModelFileError, match="no such checkpoint"):
        train(network(), dataset(), CONFIG, tmp_path, resume=True)
    data = (whole / "last.pt").read_bytes()
    for content in (b"", b"hello", data[: len(data) // 2]):
        (tmp_path / "last.pt").write_bytes(content)
        with pytest.raises(ModelFileError, match="not a whole checkpoint"):
            train(network(), dataset(), CONFIG, tmp_path, resume=True)
    torch.save({"some": "thing"}, tmp_path / "last.pt")
    with pytest.raises(ModelFileError, match="not a checkpoint of format"):
        train(network(), dataset(), CONFIG, tmp_path, resume=True)


def test_a_new_run_leaves_an_old_one_alone(whole: Path) -> None:
    before = (whole / "last.pt").read_bytes()
    with pytest.raises(OutputError, match="holds a run already"):
        train(network(), dataset(), CONFIG, whole)
    assert (whole / "last.pt").read_bytes() == before


def test_nothing_is_left_beside_the_files_of_a_run(whole: Path) -> None:
    assert sorted(path.name for path in whole.iterdir()) == sorted(
        ["best.pt", "config.json", "last.pt", "metrics.jsonl", "model.pt2", "result.json"]
    )
