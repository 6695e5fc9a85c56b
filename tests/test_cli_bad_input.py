"""Whatever a user gets wrong: one message with a way out, exit code 2, nothing left behind."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mote
import mote.target
from mote.cli import main
from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import FullyConnected
from raw_tflite import RawModel, RawOperator, RawTensor, write_raw
from small_model import INPUT_SHAPE, small_graph, write_small_model
from tflite_writer import write_tflite

Capture = pytest.CaptureFixture[str]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_small_model(tmp_path)
    return tmp_path


def complaint(capture: Capture, *arguments: str) -> str:
    """What a failing command says; checks that it says it once, and how it ends."""
    assert main(arguments) == 2
    written = capture.readouterr()
    assert written.out == ""
    assert written.err.startswith("mote: error: ")
    assert written.err.count("mote: error:") == 1
    assert "Traceback" not in written.err
    return written.err


def float_model() -> bytes:
    weights = np.ones((3, 4), np.float32)
    tensors = (
        Tensor("x", (1, 4), DType.FLOAT32),
        Tensor("w", (3, 4), DType.FLOAT32, None, weights),
        Tensor("b", (3,), DType.FLOAT32, None, weights[:, 0]),
        Tensor("y", (1, 3), DType.FLOAT32),
    )
    node = Node("dense", FullyConnected(), ("x", "w", "b"), "y")
    return write_tflite(Graph("f", {t.name: t for t in tensors}, (node,), ("x",), ("y",)))


def unsupported_model() -> bytes:
    x = RawTensor((1, 4, 4, 2))
    operators = [RawOperator("CUMSUM", ["x"], ["a"]), RawOperator("CUSTOM:Magic", ["a"], ["y"])]
    return write_raw(RawModel({"x": x, "a": x, "y": x}, operators, ["x"], ["y"]))


COMMANDS = {
    "compile": ("-t", "cortex-m4", "-o", "out"),
    "run": (),
    "profile": ("-t", "cortex-m4"),
    "verify": (),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "case", ["missing", "directory", "empty", "garbage", "truncated", "unsupported", "float"]
)
def test_a_bad_model_is_refused_by_every_command(
    command: str, case: str, folder: Path, capsys: Capture
) -> None:
    whole = (folder / "small.tflite").read_bytes()
    path = folder / "bad.tflite"
    if case == "directory":
        path.mkdir()
    elif case != "missing":
        content = {
            "empty": b"",
            "garbage": bytes(range(256)) * 20,
            "truncated": whole[: len(whole) // 2],
            "unsupported": unsupported_model(),
            "float": float_model(),
        }
        path.write_bytes(content[case])
    before = sorted(folder.rglob("*"))
    said = complaint(capsys, command, str(path), *COMMANDS[command])
    assert sorted(folder.rglob("*")) == before
    if case == "unsupported":
        assert "CUMSUM" in said
        assert "Magic" in said
    if case == "float":
        assert "int8" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_target_gets_suggestions(command: str, folder: Path, capsys: Capture) -> None:
    extra = ("-o", "out") if command == "compile" else ()
    said = complaint(capsys, command, "small.tflite", "-t", "cortexm4", *extra)
    assert "cortex-m4" in said
    assert "mote targets" in said
    assert not (folder / "out").exists()


def test_an_output_that_is_a_file_is_refused_and_kept(folder: Path, capsys: Capture) -> None:
    (folder / "out").write_text("mine")
    complaint(capsys, "compile", "small.tflite", "-t", "cortex-m4", "-o", "out")
    complaint(capsys, "compile", "small.tflite", "-t", "cortex-m4", "-o", "out/below")
    assert (folder / "out").read_text() == "mine"


def test_a_folder_with_other_things_is_refused_and_kept(folder: Path, capsys: Capture) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "thesis.txt").write_text("mine")
    complaint(capsys, "compile", "small.tflite", "-t", "cortex-m4", "-o", "out")
    assert [p.name for p in (folder / "out").iterdir()] == ["thesis.txt"]


def test_a_folder_that_may_not_be_written_is_refused(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_, **__: False)  # file modes do not stop root
    said = complaint(capsys, "compile", "small.tflite", "-t", "cortex-m4", "-o", "locked/out")
    assert "not writable" in said
    assert not (folder / "locked").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system that refuses")
def test_a_file_system_that_refuses_is_told(folder: Path, capsys: Capture) -> None:
    complaint(capsys, "compile", "small.tflite", "-t", "cortex-m4", "-o", "/proc/mote-out")


def test_a_board_that_holds_the_constants_but_not_the_code_or_the_stack_is_refused(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = mote.compile("small.tflite", "newport-m0plus").profile().totals
    board = mote.target.resolve("newport-m0plus")
    assert board.board is not None
    small = replace(board.board, ram_bytes=needed.ram_bytes - 3, flash_bytes=needed.flash_bytes - 5)
    monkeypatch.setattr("mote.cli.compile.resolve", lambda name: replace(board, board=small))
    said = complaint(capsys, "compile", "small.tflite", "-t", "newport-m0plus", "-o", "out")
    # The plan for less flash is another one: what it needs differs from the first by a little.
    for what, least in (("RAM", small.ram_bytes), ("flash", small.flash_bytes)):
        (found,) = re.findall(rf"need ([\d,]+) B of {what}, .* \(([\d,]+) B too many\)", said)
        size, more = (int(number.replace(",", "")) for number in found)
        assert least < size == least + more
    assert "worst step" in said
    assert not (folder / "out").exists()


def test_a_model_that_does_not_fit_says_by_how_much_and_where(
    folder: Path, capsys: Capture
) -> None:
    tensors = {
        "x": Tensor("x", (1, 9000), DType.INT8, small_graph().tensors["image"].quantization),
        "w": Tensor(
            "w",
            (4, 9000),
            DType.INT8,
            small_graph().tensors["filters"].quantization,
            np.ones((4, 9000), np.int8),
        ),
        "b": Tensor("b", (4,), DType.INT32, None, np.zeros(4, np.int32)),
        "y": Tensor("y", (1, 4), DType.INT8, small_graph().tensors["maps"].quantization),
    }
    node = Node("dense", FullyConnected(), ("x", "w", "b"), "y")
    graph = Graph("big", tensors, (node,), ("x",), ("y",))
    (folder / "big.tflite").write_bytes(write_tflite(graph))
    said = complaint(capsys, "compile", "big.tflite", "-t", "newport-m0plus", "-o", "out")
    assert "8,192 B" in said
    assert "too many" in said
    assert "worst step 0" in said
    assert not (folder / "out").exists()


def test_a_wrong_input_shape_is_named_with_the_right_one(folder: Path, capsys: Capture) -> None:
    np.save(folder / "x.npy", np.zeros((1, 6, 6, 3), np.int8))
    said = complaint(capsys, "run", "small.tflite", "-i", "x.npy", "-o", "y.npy")
    assert "[1, 6, 6, 3]" in said
    assert str(list(INPUT_SHAPE)) in said
    assert not (folder / "y.npy").exists()


def test_a_wrong_input_type_comes_with_the_conversion(folder: Path, capsys: Capture) -> None:
    np.save(folder / "x.npy", np.zeros(INPUT_SHAPE, np.float32))
    said = complaint(capsys, "run", "small.tflite", "-i", "x.npy")
    assert "float32" in said
    assert "numpy.round(x / 0.5) + 3" in said


@pytest.mark.parametrize("name", ["absent.npy", "small.tflite", "."])
def test_an_input_that_is_no_array_is_refused(name: str, folder: Path, capsys: Capture) -> None:
    complaint(capsys, "run", "small.tflite", "-i", name)


def test_an_impossible_output_is_refused_before_the_run(folder: Path, capsys: Capture) -> None:
    complaint(capsys, "run", "small.tflite", "-o", "small.tflite/y.npy")
    complaint(capsys, "run", "small.tflite", "-o", "y.txt")


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "small.tflite", "-t", "host"),
        ("run", "small.tflite", "-t", "cortex-m4"),
        ("profile", "small.tflite", "-t", "cortex-m4"),
        ("verify", "small.tflite"),
    ],
    ids=" ".join,
)
def test_a_missing_toolchain_is_named_with_its_package(
    arguments: tuple[str, ...], folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    said = complaint(capsys, *arguments)
    assert "apt-get install gcc" in said


def test_compiling_to_c_needs_no_toolchain(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    assert main(["compile", "small.tflite", "-t", "cortex-m4", "-o", "out"]) == 0
    assert (folder / "out" / "model.c").is_file()


def test_the_host_has_no_profile(folder: Path, capsys: Capture) -> None:
    assert "emulated" in complaint(capsys, "profile", "small.tflite", "-t", "host")


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("compile", "small.tflite"),
        ("compile", "small.tflite", "-t", "cortex-m4"),
        ("profile", "small.tflite"),
        ("verify", "small.tflite", "--samples", "0"),
        ("verify", "small.tflite", "--samples", "many"),
        ("run", "small.tflite", "--seed", "-1"),
        ("run", "--frobnicate"),
        ("run",),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_points_to_its_help(
    arguments: tuple[str, ...], folder: Path, capsys: Capture
) -> None:
    assert "--help" in complaint(capsys, *arguments)


def test_an_interrupt_ends_quietly(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mote.build.load", interrupted)
    assert main(["run", "small.tflite"]) == 130
    written = capsys.readouterr()
    assert written.err.strip() == "mote: interrupted"
    assert written.out == ""


def test_a_real_process_shows_one_message_and_ends_with_2(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mote", "verify", "absent.tflite"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(mote.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mote: error: absent.tflite")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_closed_stream_is_no_reason_to_complain(stream: str, folder: Path) -> None:
    number = {"stdout": 1, "stderr": 2}[stream]
    command = f"exec {number}>&-; exec {sys.executable} -m mote run small.tflite"
    done = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "PYTHONPATH": str(Path(mote.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("targets",), ("targets", "--json"), ("ops",)])
def test_a_terminal_that_lacks_characters_gets_the_rest(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mote", *command],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(mote.__file__).parents[1]),
            "PYTHONIOENCODING": "ascii",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    if "--json" in command:
        cores = {core["name"]: core for core in json.loads(done.stdout)["cores"]}
        assert cores["cortex-m4"]["cycle_error"] == "±13 %"


def test_a_model_may_have_any_file_name(folder: Path, capsys: Capture) -> None:
    name = os.fsdecode(b"k w's \xff.tflite")
    (folder / "small.tflite").rename(folder / name)
    assert main(["compile", name, "-t", "cortex-m4", "-o", "my out"]) == 0
    assert "make -C 'my out'" in capsys.readouterr().out
    assert main(["profile", name, "-t", "cortex-m4", "--json"]) == 0
    json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_a_command_that_is_stopped_leaves_nothing(ending: signal.Signals, folder: Path) -> None:
    emulator = folder / "bin" / "qemu-system-arm"
    emulator.parent.mkdir()
    os.mkfifo(folder / "alive")
    alive = os.open(folder / "alive", os.O_RDONLY | os.O_NONBLOCK)  # ends with its last writer
    emulator.write_text(f"#!/bin/sh\necho yes > {folder}/alive\nexec sleep 60 > {folder}/alive\n")
    emulator.chmod(0o755)
    (folder / "temporary").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "mote", "run", "small.tflite", "-t", "cortex-m4", "-o", "y.npy"],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(mote.__file__).parents[1]),
            "PATH": f"{emulator.parent}:{os.environ['PATH']}",
            "TMPDIR": str(folder / "temporary"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert select.select([alive], [], [], 60)[0], "the emulator was not started"
    time.sleep(0.1)
    process.send_signal(ending)
    written, complaints = process.communicate()
    assert (written, complaints.strip()) == ("", "mote: interrupted")
    assert process.returncode == 130
    os.set_blocking(alive, True)
    began = time.monotonic()
    with os.fdopen(alive, "rb") as stream:
        assert stream.read() == b"yes\n"
    assert time.monotonic() - began < 30, "the emulator slept to its end"
    assert list((folder / "temporary").iterdir()) == []
    assert not (folder / "y.npy").exists()


def test_a_reader_that_goes_away_is_no_reason_to_complain(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mote", "targets", "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(mote.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 128 + signal.SIGPIPE
