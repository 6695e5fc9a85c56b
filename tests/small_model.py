"""A small int8 model that every command can work on in no time, as a graph and as a file."""

from pathlib import Path

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import Activation, Conv2D, FullyConnected, Padding, Reshape, Rounding
from tflite_writer import write_tflite

INPUT_SHAPE = (1, 6, 6, 2)
OUTPUTS = 5


def small_graph() -> Graph:
    """Convolution, reshape, fully connected."""
    rng = np.random.default_rng(7)
    tensors = (
        Tensor("image", INPUT_SHAPE, DType.INT8, Quantization((0.5,), (3,))),
        _constant("filters", rng.integers(-127, 128, (4, 3, 3, 2), "i1"), 0.02),
        _constant("filters_bias", rng.integers(-500, 500, 4, "i4"), 0.5 * 0.02),
        Tensor("maps", (1, 6, 6, 4), DType.INT8, Quantization((0.75,), (-9,))),
        Tensor("row", (1, 144), DType.INT8, Quantization((0.75,), (-9,))),
        _constant("weights", rng.integers(-127, 128, (OUTPUTS, 144), "i1"), 0.01),
        _constant("weights_bias", rng.integers(-500, 500, OUTPUTS, "i4"), 0.75 * 0.01),
        Tensor("scores", (1, OUTPUTS), DType.INT8, Quantization((1.5,), (20,))),
    )
    conv = Conv2D(padding=Padding(1, 1, 1, 1), activation=Activation.RELU, rounding=Rounding.DOUBLE)
    nodes = (
        Node("conv", conv, ("image", "filters", "filters_bias"), "maps"),
        Node("flat", Reshape(to=(1, 144)), ("maps",), "row"),
        Node("dense", FullyConnected(), ("row", "weights", "weights_bias"), "scores"),
    )
    return Graph("small", {t.name: t for t in tensors}, nodes, ("image",), ("scores",))


def write_small_model(folder: Path) -> Path:
    """``small.tflite`` in a folder."""
    path = folder / "small.tflite"
    path.write_bytes(write_tflite(small_graph()))
    return path


def _constant(name: str, array: np.ndarray, scale: float) -> Tensor:
    q = Quantization((scale,) * len(array), (0,) * len(array), 0)
    return Tensor(name, array.shape, DType(array.dtype.name), q, array)
