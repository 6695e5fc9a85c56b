"""Feeds mutated ONNX files to the front end: ``python tests/hostile_onnx.py COUNT SEED``."""

import sys

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto

from hostile import feed, outcome
from mote.errors import MoteError
from mote.frontends.onnx import parse
from onnx_conformance import as_array, cases, stored

SECONDS_EACH = 4.0
MEMORY_BYTES = 2**30
BASES = 300
NUMBERS = (0, 1, 2, 3, 4, 7, -1, -2, -8, 64, 255, 2**15, 2**20, 2**28, 2**31, 2**40, 2**62)
OPERATORS = (
    "Add Concat Conv ConstantOfShape Expand Flatten Gather Gemm MatMul Pad QuantizeLinear Range "
    "ReduceMean Reshape Resize Shape Slice Softmax Split Squeeze Tile Transpose Unsqueeze Where"
)


def number(rng: np.random.Generator) -> int:
    return NUMBERS[int(rng.integers(len(NUMBERS)))]


def pick(rng: np.random.Generator, values: list[object]) -> object | None:
    return values[int(rng.integers(len(values)))] if values else None


def change_attribute(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    attribute = pick(rng, [a for n in model.graph.node for a in n.attribute])
    if not isinstance(attribute, AttributeProto):
        return
    match attribute.type:
        case AttributeProto.INT:
            attribute.i = number(rng)
        case AttributeProto.INTS if attribute.ints:
            attribute.ints[int(rng.integers(len(attribute.ints)))] = number(rng)
        case AttributeProto.FLOAT:
            attribute.f = float(rng.choice([0.0, -1.0, np.inf, np.nan, 1e30, 1e-30]))
        case AttributeProto.STRING:
            attribute.s = rng.bytes(3)
        case _:
            attribute.type = int(rng.integers(14))


def change_values(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    """Shapes, axes, scales and weights that are stored."""
    tensor = pick(rng, list(model.graph.initializer))
    if not isinstance(tensor, TensorProto):
        return
    if len(tensor.raw_data) % 8:
        return
    if tensor.data_type == TensorProto.INT64 and tensor.raw_data:
        array = np.frombuffer(tensor.raw_data, np.int64).copy()
        if array.size:
            array[int(rng.integers(array.size))] = number(rng)
        tensor.raw_data = array.tobytes()
    elif tensor.data_type == TensorProto.FLOAT and tensor.raw_data:
        array = np.frombuffer(tensor.raw_data, np.float32).copy()
        array[int(rng.integers(array.size))] = rng.choice([0, -1, np.inf, np.nan, 1e30, 1e-45])
        tensor.raw_data = array.tobytes()


def change_shape(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    """Of a constant or an input."""
    if rng.integers(2) and model.graph.initializer:
        tensor = pick(rng, list(model.graph.initializer))
        assert isinstance(tensor, TensorProto)
        if rng.integers(2):
            tensor.dims.append(number(rng))
        elif tensor.dims:
            tensor.dims[int(rng.integers(len(tensor.dims)))] = number(rng)
        return
    value = pick(rng, list(model.graph.input))
    if isinstance(value, onnx.ValueInfoProto):
        dims = value.type.tensor_type.shape.dim
        if rng.integers(3) == 0:
            dims.add().dim_value = number(rng)
        elif dims:
            dims[int(rng.integers(len(dims)))].dim_value = number(rng)


def change_type(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    if rng.integers(2) and model.graph.initializer:
        tensor = pick(rng, list(model.graph.initializer))
        assert isinstance(tensor, TensorProto)
        tensor.data_type = int(rng.integers(26))
    elif model.graph.input:
        value = pick(rng, list(model.graph.input))
        assert isinstance(value, onnx.ValueInfoProto)
        value.type.tensor_type.elem_type = int(rng.integers(26))


def change_names(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    """Operands exchanged, left out or read before they are there."""
    nodes = model.graph.node
    node = nodes[int(rng.integers(len(nodes)))]
    names = [n for m in nodes for n in (*m.input, *m.output)] + ["", "nowhere"]
    if node.input:
        node.input[int(rng.integers(len(node.input)))] = str(pick(rng, list(names)))
    if rng.integers(4) == 0 and node.output:
        node.output[int(rng.integers(len(node.output)))] = str(pick(rng, list(names)))


def change_operator(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    nodes = model.graph.node
    node = nodes[int(rng.integers(len(nodes)))]
    if rng.integers(4) == 0:
        node.domain = str(rng.choice(["", "com.microsoft", "ai.onnx.ml", "x"]))
    else:
        node.op_type = str(rng.choice(OPERATORS.split()))


def repeat(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    """A chain of the same node: what grows, grows exponentially."""
    nodes = model.graph.node
    node = nodes[int(rng.integers(len(nodes)))]
    if not node.output or not node.input:
        return
    last = node.output[0]
    for i in range(40):
        copy = nodes.add()
        copy.CopyFrom(node)
        del copy.output[:]
        copy.output.append(f"again_{i}")
        for j in range(len(copy.input)):
            if j == 0 or rng.integers(3) == 0:
                copy.input[j] = last
        last = copy.output[0]
    model.graph.output[0].name = last


STRUCTURED = (
    change_attribute,
    change_values,
    change_shape,
    change_type,
    change_names,
    change_operator,
    repeat,
)


def flip_bytes(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 9))):
        changed[int(rng.integers(len(changed)))] = int(rng.integers(256))
    return bytes(changed)


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(len(data)))]


def mutant(base: onnx.ModelProto, rng: np.random.Generator) -> bytes:
    choice = int(rng.integers(10))
    if choice == 0:
        return cut(base.SerializeToString(), rng)
    if choice <= 2:
        return flip_bytes(base.SerializeToString(), rng)
    model = onnx.ModelProto()
    model.CopyFrom(base)
    for _ in range(int(rng.integers(1, 4))):
        STRUCTURED[int(rng.integers(len(STRUCTURED)))](model, rng)
    return bytes(model.SerializeToString())


def bases() -> list[onnx.ModelProto]:
    """Small models of every operator."""
    every = cases()
    found = []
    for case in every[:: len(every) // BASES]:
        inputs = [as_array(x) for x in case.data_sets[0][0]]
        try:
            found.append(stored(case.model, inputs, int(len(inputs) > 1))[0])
        except MoteError:
            continue
    return found


def main(count: int, seed: int) -> None:
    models = bases()
    for model in models:  # imports what they need before memory is limited
        outcome(parse, model.SerializeToString())

    def one(rng: np.random.Generator, index: int) -> tuple[bytes, str]:
        which = models[int(rng.integers(len(models)))]
        return mutant(which, rng), f"of {which.graph.name}"

    feed(parse, one, count, seed, seconds_each=SECONDS_EACH, memory_bytes=MEMORY_BYTES)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
