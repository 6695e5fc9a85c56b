"""Reading samples and writing outputs: every shape that people use, every file that is not one."""

from pathlib import Path

import numpy as np
import pytest

from mote.cli.arrays import check_output, read_samples, write_outputs
from mote.errors import InputError, OutputError
from mote.ir import DType, Quantization, Tensor

IMAGE = Tensor("image", (1, 4, 3, 2), DType.INT8, Quantization((0.5,), (3,)))
VECTOR = Tensor("vector", (1, 5), DType.INT8, Quantization((0.5,), (3,)))


def saved(path: Path, array: np.ndarray) -> Path:
    np.save(path, array)
    return path


@pytest.mark.parametrize(
    ("shape", "samples"),
    [((1, 4, 3, 2), 1), ((4, 3, 2), 1), ((7, 4, 3, 2), 7), ((7, 1, 4, 3, 2), 7)],
)
def test_an_array_is_one_sample_or_many_stacked(
    tmp_path: Path, shape: tuple[int, ...], samples: int
) -> None:
    array = np.arange(np.prod(shape), dtype=np.int64).astype(np.int8).reshape(shape)
    read = read_samples(saved(tmp_path / "x.npy", array), [IMAGE])
    assert [x.shape for (x,) in read] == [(1, 4, 3, 2)] * samples
    np.testing.assert_array_equal(np.stack([x for (x,) in read]).ravel(), array.ravel())


@pytest.mark.parametrize("shape", [(), (24,), (4, 3), (4, 3, 3), (7, 4, 2, 3), (1, 1, 1, 4, 3, 2)])
def test_a_wrong_shape_is_named_with_the_right_one(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = saved(tmp_path / "x.npy", np.zeros(shape, np.int8))
    with pytest.raises(InputError) as caught:
        read_samples(path, [IMAGE])
    assert str(list(shape)) in caught.value.message()
    assert "[1, 4, 3, 2]" in caught.value.message()


def test_a_wrong_type_is_named_with_the_conversion(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"float32.*allowed: int8"):
        read_samples(saved(tmp_path / "f.npy", np.zeros((4, 3, 2), np.float32)), [IMAGE])
    with pytest.raises(InputError) as caught:
        read_samples(saved(tmp_path / "f.npy", np.zeros((4, 3, 2), np.float64)), [IMAGE])
    assert "x / 0.5) + 3, -128, 127" in caught.value.hint
    with pytest.raises(InputError) as caught:
        read_samples(saved(tmp_path / "u.npy", np.zeros((4, 3, 2), np.uint8)), [IMAGE])
    assert "- 128" in caught.value.hint


def test_an_archive_gives_inputs_by_name_and_ignores_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "both.npz"
    image, vector = np.ones((6, 4, 3, 2), np.int8), np.full((6, 5), 2, np.int8)
    np.savez(path, vector=vector, image=image, y=np.arange(6))
    read = read_samples(path, [IMAGE, VECTOR])
    assert len(read) == 6
    assert [[int(a.max()) for a in sample] for sample in read] == [[1, 2]] * 6


def test_an_archive_may_call_the_only_input_x(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 5), np.int8), y=np.zeros(3))
    np.savez(tmp_path / "b.npz", whatever=np.zeros((3, 5), np.int8))
    for name in ("a.npz", "b.npz"):
        assert len(read_samples(tmp_path / name, [VECTOR])) == 3


def test_an_archive_without_the_input_lists_what_it_has(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", left=np.zeros(5, np.int8), right=np.zeros(5, np.int8))
    with pytest.raises(InputError, match="'vector'; found: left, right"):
        read_samples(tmp_path / "a.npz", [VECTOR])


def test_one_array_cannot_feed_two_inputs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 inputs: 'image', 'vector'"):
        read_samples(saved(tmp_path / "x.npy", np.zeros(5, np.int8)), [IMAGE, VECTOR])


def test_inputs_with_different_numbers_of_samples_are_refused(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz", image=np.zeros((2, 4, 3, 2), np.int8), vector=np.zeros((3, 5), np.int8)
    )
    with pytest.raises(InputError, match=r"\[2, 3\]"):
        read_samples(tmp_path / "a.npz", [IMAGE, VECTOR])


def test_no_samples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no samples"):
        read_samples(saved(tmp_path / "x.npy", np.zeros((0, 5), np.int8)), [VECTOR])


def test_files_that_are_not_arrays_are_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.npz"
    np.savez_compressed(whole, x=np.random.default_rng(0).integers(-9, 9, (9, 5), np.int8))
    pickled = tmp_path / "pickled.npy"
    np.save(pickled, np.array([{}], object), allow_pickle=True)
    lying = tmp_path / "lying.npy"
    header = b"{'descr': '|i1', 'fortran_order': False, 'shape': (%d,), }" % 2**60
    lying.write_bytes(b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header)
    bad = [pickled, lying, tmp_path, tmp_path / "absent.npy"]
    for name, content in {
        "empty.npy": b"",
        "text.npy": b"1 2 3\n",
        "cut.npz": whole.read_bytes()[:-30],
        "cut2.npz": whole.read_bytes()[:60] + bytes(9) + whole.read_bytes()[69:],
        "cut.npy": saved(tmp_path / "w.npy", np.zeros((4, 5), np.int8)).read_bytes()[:-3],
    }.items():
        (tmp_path / name).write_bytes(content)
        bad.append(tmp_path / name)
    for path in bad:
        with pytest.raises(InputError) as caught:
            read_samples(path, [VECTOR])
        assert str(path) in caught.value.message()


def test_outputs_are_written_whole(tmp_path: Path) -> None:
    y = np.arange(6, dtype=np.int8).reshape(2, 3)
    write_outputs(tmp_path / "y.npy", {"y": y})
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), y)
    write_outputs(tmp_path / "y.npz", {"a": y, "b": y + 1})
    with np.load(tmp_path / "y.npz") as loaded:
        assert set(loaded.files) == {"a", "b"}
        np.testing.assert_array_equal(loaded["b"], y + 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["y.npy", "y.npz"]


def test_an_output_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises(OutputError):
        write_outputs(tmp_path / "folder.npy", {"y": np.zeros(3)})
    assert [p.name for p in tmp_path.iterdir()] == ["folder.npy"]


@pytest.mark.parametrize("name", ["y.txt", "y", "folder.npy", "a file/y.npy"])
def test_an_impossible_output_is_refused_before_any_work(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.npy").mkdir()
    (tmp_path / "a file").touch()
    with pytest.raises(OutputError):
        check_output(tmp_path / name, [VECTOR])


def test_two_outputs_do_not_fit_in_one_array(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="2 outputs"):
        check_output(tmp_path / "y.npy", [VECTOR, IMAGE])
    check_output(tmp_path / "y.npz", [VECTOR, IMAGE])
