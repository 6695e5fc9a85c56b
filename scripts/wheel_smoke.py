"""Compiles and runs a small model with an installed Mote; scripts/test_wheel.py calls it."""

from pathlib import Path

import numpy as np

import mote
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import Activation, FullyConnected


def main() -> None:
    """From a graph to C on the host, and on an emulated core."""
    assert "site-packages" in mote.__file__, mote.__file__
    graph = small_graph()
    x = np.arange(-8, 8, dtype=np.int8).reshape(1, 16)
    results = [mote.compile(graph, target=name).run(x) for name in ("host", "cortex-m4")]
    assert results[0].shape == (1, 4)
    assert np.array_equal(*results), results
    mote.compile(graph, target="cortex-m4").save("small/")
    assert Path("small/model.c").is_file()
    assert list(Path("small").rglob("mote_*.c")), "the generated project lacks its kernels"


def small_graph() -> Graph:
    """One fully connected layer."""
    generator = np.random.default_rng(0)
    per_output = Quantization((0.02,) * 4, (0,) * 4, 0)
    tensors = (
        Tensor("x", (1, 16), DType.INT8, Quantization((0.5,), (3,))),
        Tensor("w", (4, 16), DType.INT8, per_output, generator.integers(-127, 128, (4, 16), "i1")),
        Tensor("b", (4,), DType.INT32, None, np.arange(4, dtype=np.int32)),
        Tensor("y", (1, 4), DType.INT8, Quantization((0.25,), (-5,))),
    )
    node = Node("dense", FullyConnected(activation=Activation.RELU), ("x", "w", "b"), "y")
    return Graph("small", {t.name: t for t in tensors}, (node,), ("x",), ("y",))


if __name__ == "__main__":
    main()
