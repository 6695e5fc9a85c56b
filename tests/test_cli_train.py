"""`mote train`: what a run is asked for, what it says, and how it goes on."""

import json
import os
import signal
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import mote.training.loop
from mote.cli import main
from mote.errors import InputError
from mote.training import TrainingConfig
from mote.training.request import Request, read_settings
from mote.training.tensorboard import crc32c
from training_setup import dataset

MODEL = """
from torch import nn

def tiny(num_classes, in_chans, width=6, drop_rate=0.0):
    return nn.Sequential(
        nn.Conv2d(in_chans, width, 3, padding=1), nn.ReLU(), nn.Dropout(drop_rate),
        nn.Flatten(), nn.Linear(width * 36, num_classes),
    )

wrong = 3

def number():
    return 3
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a model and a data set of one's own."""
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(MODEL)
    data = dataset()
    assert data.validation is not None
    named = {
        f"{part}_{name}": getattr(split, part)
        for name, split in data.splits().items()
        for part in ("x", "y")
    }
    np.savez("quadrants.npz", **named)
    return tmp_path


def train(*arguments: str) -> int:
    return main(["train", "--model", "model.py:tiny", "--data", "quadrants.npz", *arguments])


def test_a_run_ends_with_its_accuracy_its_files_and_the_next_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--epochs", "3", "--learning-rate", "0.02", "-o", "run") == 0
    captured = capsys.readouterr()
    for text in (
        "validation accuracy",
        "test accuracy",
        "epoch 3 of 3",
        "taken for",
        "multiply-accumulates",
        "run/model.pt2: the trained network",
        "Next: mote quantize run/model.pt2",
    ):
        assert text in captured.out
    assert captured.err.count("epoch ") == 3
    settings = json.loads((folder / "run" / "config.json").read_text())
    assert (
        Request.from_mapping(settings).as_mapping()
        == Request.from_mapping({**settings}).as_mapping()
    )
    assert (settings["model"], settings["epochs"]) == ("model.py:tiny", 3)


def test_ctrl_c_says_how_to_go_on_and_going_on_ends_the_run(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(config: TrainingConfig, step: int, seconds: float) -> bool:
        if step == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return False

    with monkeypatch.context() as patch:
        patch.setattr(mote.training.loop, "is_due", kill)
        assert train("--epochs", "2", "--set", "width=5", "-o", "my run") == 130
    assert "go on with: mote train --resume 'my run'" in capsys.readouterr().err
    assert not (folder / "my run" / "model.pt2").exists()
    assert main(["train", "--resume", "my run"]) == 0
    assert "epoch 2 of 2" in capsys.readouterr().out
    weight = torch.load(folder / "my run" / "best.pt", weights_only=True)["module"]["0.weight"]
    assert weight.shape[0] == 5


def test_options_go_before_a_configuration_file(folder: Path) -> None:
    Path("run.toml").write_text(
        'model = "model.py:tiny"\ndata = "quadrants.npz"\nepochs = 9\nbatch_size = 60\n'
        "[model_arguments]\nwidth = 3\ndrop_rate = 0.1\n"
    )
    assert (
        main(["train", "--config", "run.toml", "--epochs", "1", "--set", "width=4", "-o", "a"]) == 0
    )
    settings = json.loads(Path("a/config.json").read_text())
    assert (settings["epochs"], settings["batch_size"]) == (1, 60)
    assert settings["model_arguments"] == {"width": 4, "drop_rate": 0.1}
    assert main(["train", "--config", "a/config.json", "--seed", "3", "-o", "b"]) == 0
    assert json.loads(Path("b/config.json").read_text()) == {**settings, "seed": 3}


def test_every_problem_is_said_at_once_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text("")
    before = sorted(folder.rglob("*"))
    wrong = "--epochs 0 --ema-decay 1 --optimizer lion --mixup -1 --format xls -o file"
    code = main(["train", "--model", "resnet9", "--data", "nowhere", *wrong.split()])
    message = capsys.readouterr().err
    assert code == 2
    for text in (
        "epochs is 0, allowed: a whole number from 1",
        "ema_decay is 1.0, allowed: a number from 0 and below 1",
        "optimizer is 'lion', allowed: sgd, adam, adamw",
        "mixup is -1.0",
        "format is 'xls', allowed: idx, ",
        "data is 'nowhere', there is no such file or folder",
        "did you mean 'resnet8'",
        "file: is a file; a run needs a directory",
    ):
        assert text in message
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--set width", "write NAME=VALUE"),
        ("--set depth=3", "does not take 'depth', it takes: num_classes, in_chans, width"),
        ("--set width=wide", "cannot be made with num_classes=4, in_chans=1, width=wide"),
        ("--dropout 3", "dropout probability"),
        ("--model model.py:other", "has no function 'other'"),
        ("--model model.py:wrong", "has no function 'wrong'"),
        ("--model model.py:number", "returns int, allowed: a torch.nn.Module"),
        ("--set num_classes=3", "num_classes follows from the data when it is not set"),
        ("--model nothing.py:tiny", "there is no file nothing.py"),
        ("--model broken.py:tiny", "SyntaxError"),
        ("--model lenet5", "cannot read samples of shape [1, 6, 6]"),
        ("--config nothing.toml", "nothing.toml: there is no such file"),
        ("--config model.py", "is not TOML"),
        ("--config list.json", "holds no table of settings"),
        ("--config odd.json", "there is no setting 'epoch'"),
        ("--config odd.json", "epochs is True"),
        ("--config odd.json", "window is 'x', allowed: a whole number"),
        ("--sound-features fft", "features 'fft', allowed: mfcc, log-mel, waveform"),
        ("--validation 1.5", "a validation share of 1.5"),
        ("--task reconstruction --mixup 0.1", "mixup is 0.1, it is for the task classification"),
        ("--warmup-epochs 30", "warmup_epochs is 30 of 20 epochs"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_is_refused(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("broken.py").write_text("def tiny(:\n")
    Path("list.json").write_text("[1]")
    Path("odd.json").write_text('{"epoch": 3, "epochs": true, "window": "x"}')
    assert train(*arguments.split(), "-o", "run") == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not Path("run").exists()


@pytest.mark.usefixtures("folder")
def test_a_resumed_run_keeps_its_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("--epochs", "1", "-o", "run") == 0
    assert main(["train", "--resume", "run", "--epochs", "3", "--set", "width=3", "-o", "b"]) == 2
    error = capsys.readouterr().err
    assert "without --epochs, --set or --dropout, --output" in error
    assert main(["train", "--resume", "nowhere"]) == 2
    assert "nowhere: holds no run to go on with" in capsys.readouterr().err
    assert main(["train", "--resume", "run", "--threads", "1"]) == 0


def test_a_missing_torch_is_named_with_the_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "mote.training.network", raising=False)
    assert train("-o", "run") == 2
    assert "pip install 'mote[torch]'" in capsys.readouterr().err


def test_the_checksum_is_castagnolis() -> None:
    """The check value of CRC-32C, and RFC 3720, B.4: 32 bytes of zeros."""
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA


@pytest.mark.usefixtures("folder")
def test_tensorboard_gets_whole_records_of_every_epoch() -> None:
    assert train("--epochs", "2", "--tensorboard", "-o", "run") == 0
    (path,) = Path("run/tensorboard").iterdir()
    assert path.name.startswith("events.out.tfevents.")
    data, records = path.read_bytes(), []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        records.append(data[12 : 12 + length])
        (checksum,) = struct.unpack("<I", data[12 + length : 16 + length])
        crc = crc32c(records[-1])
        assert checksum == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
        data = data[16 + length :]
    assert b"brain.Event:2" in records[0]
    loss = json.loads(Path("run/metrics.jsonl").read_text().splitlines()[1])["train_loss"]
    assert any(b"train_loss" in r and struct.pack("<f", loss) in r for r in records)
    assert len(records) == 1 + 2 * len(
        ("learning_rate", "train", "v_loss", "v_accuracy", "seconds")
    )


def test_a_request_reads_back_what_it_writes(folder: Path) -> None:
    request = Request.from_mapping(
        {"model": "resnet8", "data": "digits", "image_size": [8, 9], "sound_keywords": ["a"]}
    )
    Path("c.json").write_text(json.dumps(request.as_mapping()))
    assert Request.from_mapping(read_settings(Path("c.json"))) == request
    with pytest.raises(InputError, match="image_size is"):
        Request(model="resnet8", data="digits", image_size=(3,))  # type: ignore[arg-type]


def test_settings_have_an_option_each() -> None:
    from mote.cli.train_settings import DATA_SETTINGS, TRAINING_SETTINGS

    own = {"model", "data", "model_arguments", "tensorboard", "training"}
    fields = set(Request.__dataclass_fields__) - own
    assert set(DATA_SETTINGS) == fields
    assert list(TRAINING_SETTINGS) == list(TrainingConfig.__dataclass_fields__)


def test_data_is_described_before_training(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert train("--epochs", "1", "-o", "run") == 0
    assert "240 train, 80 validation, 90 test, 4 classes, 6 x 6 x 1" in capsys.readouterr().err
