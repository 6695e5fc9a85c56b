"""What is no model file, whatever its suffix promises."""

import os
from pathlib import Path

import pytest

import mote
from mote.errors import ModelFileError
from mote.frontends.model_file import MAX_FILE_BYTES

SUFFIXES = pytest.mark.parametrize("suffix", [".tflite", ".onnx", ".pt2", ".mote"])


def refusal(path: Path) -> str:
    with pytest.raises(ModelFileError) as error:
        mote.load(path)
    return str(error.value)


@SUFFIXES
def test_a_missing_file_is_told_with_its_neighbours(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"net{suffix}").touch()
    assert f"does not exist\n  hint: there are: net{suffix}" in refusal(tmp_path / f"nte{suffix}")


@SUFFIXES
def test_a_folder_is_told(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"net{suffix}").mkdir()
    assert f"is a directory\n  hint: name the {suffix} file in it" in refusal(
        tmp_path / f"net{suffix}"
    )


@SUFFIXES
def test_a_pipe_is_not_waited_for(suffix: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"net{suffix}")
    assert "is not a regular file" in refusal(tmp_path / f"net{suffix}")


@SUFFIXES
def test_a_giant_is_refused_before_it_is_read(suffix: str, tmp_path: Path) -> None:
    with (tmp_path / f"net{suffix}").open("wb") as file:
        file.truncate(4 * MAX_FILE_BYTES + 1)
    assert "has 1,073,741,825 bytes, allowed: " in refusal(tmp_path / f"net{suffix}")


@SUFFIXES
@pytest.mark.parametrize("content", [b"", b"\0", b"PK\3\4", b"\x1f\x8b\x08", b"{}" * 99])
def test_other_bytes_are_refused(suffix: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / f"net{suffix}").write_bytes(content)
    assert refusal(tmp_path / f"net{suffix}").startswith(f"{tmp_path}/net{suffix}: ")
