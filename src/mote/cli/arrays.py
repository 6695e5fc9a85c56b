"""Arrays in files: samples for a model from .npy and .npz, and its outputs back into them."""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mote.errors import InputError, OutputError
from mote.ir import Tensor
from mote.ir.tensor import Array
from mote.run.save import check_file, save_file

Sample = tuple[Array, ...]


def read_samples(path: Path, inputs: Sequence[Tensor]) -> list[Sample]:
    """The samples in a file, each with one array for each input of the model.

    A ``.npy`` file holds the one input. An ``.npz`` archive holds each input under its name, or as
    ``x`` (``x0``, ``x1``, ... when there are several); other arrays in it are left alone. An array
    is one sample, with or without a leading 1, or many samples stacked along the first axis.
    """
    arrays = _load(path)
    if isinstance(arrays, np.ndarray):
        if len(inputs) != 1:
            names = ", ".join(f"'{t.name}'" for t in inputs)
            raise InputError(
                str(path),
                f"holds one array, the model has {len(inputs)} inputs: {names}",
                hint="save all of them with numpy.savez, under these names",
            )
        chosen = [arrays]
    else:
        chosen = [_choose(path, arrays, tensor, i, len(inputs)) for i, tensor in enumerate(inputs)]
    stacks = [_stack(path, a, tensor) for a, tensor in zip(chosen, inputs, strict=True)]
    counts = [len(stack) for stack in stacks]
    if len(set(counts)) > 1:
        raise InputError(str(path), f"the inputs hold different numbers of samples: {counts}")
    if not counts[0]:
        raise InputError(str(path), "holds no samples")
    return list(zip(*stacks, strict=True))


def check_output(path: Path, outputs: Sequence[Tensor]) -> None:
    """Say what forbids writing these outputs here, before any work is done."""
    check_file(path, (".npy", ".npz"))
    if path.suffix == ".npy" and len(outputs) != 1:
        raise OutputError(
            str(path), f"the model has {len(outputs)} outputs, .npy holds one", hint="use .npz"
        )


def write_outputs(path: Path, outputs: Mapping[str, Array]) -> None:
    """Write the outputs, whole or not at all."""
    buffer = io.BytesIO()
    if path.suffix == ".npy":
        (array,) = outputs.values()
        np.save(buffer, array)
    else:
        named: dict[str, Any] = dict(outputs)
        np.savez(buffer, **named)
    save_file(buffer.getvalue(), path)


def _load(path: Path) -> Array | dict[str, Array]:
    if path.is_dir():
        raise InputError(str(path), "is a directory; allowed: a .npy or .npz file")
    try:
        with path.open("rb") as stream:  # numpy would leave a damaged archive open
            loaded = np.load(stream, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return loaded
            with loaded:
                return {name: loaded[name] for name in loaded.files}
    except FileNotFoundError:
        raise InputError(str(path), "there is no such file") from None
    except PermissionError:
        raise InputError(str(path), "may not be read") from None
    except (ValueError, EOFError, KeyError, OSError, MemoryError) as error:
        raise _damaged(path, error) from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        str(path),
        "is not a whole .npy or .npz file of plain numbers",
        details=[str(error).partition("\n")[0]],
        hint="write it with numpy.save(path, array)",
    )


def _choose(
    path: Path, arrays: Mapping[str, Array], tensor: Tensor, index: int, inputs: int
) -> Array:
    names = [tensor.name, f"x{index}", f"arr_{index}"] + (["x"] if inputs == 1 else [])
    for name in names:
        if name in arrays:
            return arrays[name]
    if inputs == len(arrays) == 1:
        return next(iter(arrays.values()))
    raise InputError(
        str(path),
        f"has no array for input '{tensor.name}'; found: {', '.join(arrays) or 'none'}",
        hint=f"numpy.savez(path, **{{{tensor.name!r}: array}})",
    )


def _stack(path: Path, array: Array, tensor: Tensor) -> list[Array]:
    """The samples in one input's array, each of the tensor's shape."""
    where = f"{path}: input '{tensor.name}'"
    if array.dtype != tensor.dtype.numpy:
        raise InputError(
            where,
            f"holds {array.dtype}, allowed: {tensor.dtype.value}",
            hint=_conversion(array, tensor),
        )
    shape = tensor.shape
    if array.shape == shape or (shape[:1] == (1,) and array.shape == shape[1:]):
        return [array.reshape(shape)]
    if array.shape[1:] == shape or (shape[:1] == (1,) and array.shape[1:] == shape[1:]):
        return [sample.reshape(shape) for sample in array]
    raise InputError(
        where,
        f"has shape {list(array.shape)}, allowed: {list(shape)}, or many such samples stacked",
    )


def _conversion(array: Array, tensor: Tensor) -> str:
    if array.dtype.kind == "f" and tensor.quantization is not None:
        q = tensor.q
        low, high = tensor.dtype.range
        return (
            f"numpy.clip(numpy.round(x / {q.scale:.9g}) + {q.zero_point}, {low}, {high})"
            f".astype('{tensor.dtype.value}') gives what this model reads"
        )
    if array.dtype == np.uint8 and tensor.dtype.value == "int8":
        return "images of 0 to 255 are usually fed as (x.astype('int16') - 128).astype('int8')"
    return f"convert it with x.astype('{tensor.dtype.value}')"
