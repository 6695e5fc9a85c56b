"""int16 functions, softmax, PReLU and layer norm on every emulated core, in one firmware each."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import mote
from kernel_check import one_node, random_input
from mote import reference
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Function, Softmax
from mote.ir.tensor import Array
from mote.run.firmware import build
from mote.run.qemu import run
from mote.target import Core
from random_functions import function_graph
from random_layers import side_by_side
from test_kernels_layer_norm import random_layer_norm, rows
from test_kernels_unary import random_prelu
from toy_project import every_core

S16 = DType.INT16


@cache
def graph_and_inputs() -> tuple[Graph, list[Array], dict[str, Array]]:
    rng = np.random.default_rng(60)
    graphs = [function_graph(rng, function, S16, 200) for function in (None, *Function)]
    graphs += [random_prelu(rng, S16) for _ in range(6)]
    for scale in (1e-5, 3e-4, 0.02):
        x = Tensor("x", (3, 70), S16, Quantization((float(np.float32(scale)),), (0,)))
        graphs.append(one_node(Softmax(), (x,), S16, Quantization((2.0**-15,), (0,))))
    inputs = [random_input(g.tensors["x"], rng) for g in graphs]
    norms = [random_layer_norm(rng, S16) for _ in range(8)]
    inputs += [rows(graph, rng) for graph in norms]
    graph = mote.compile(side_by_side([*graphs, *norms]), "host").graph
    return graph, inputs, reference.run(graph, inputs)


@every_core
def test_int16_functions_give_the_bytes_of_the_reference(core: Core) -> None:
    graph, inputs, want = graph_and_inputs()
    built = mote.compile(graph, core.name)
    with TemporaryDirectory() as directory:
        firmware = build(built.files, built.interface, core, Path(directory), trace=True)
        (got,) = run(firmware, [inputs]).traces
    assert len(got) == len(graph.nodes)
    bad = [name for name in got if got[name].tobytes() != want[name].tobytes()]
    assert not bad, f"{core.name}: {bad} differ"
