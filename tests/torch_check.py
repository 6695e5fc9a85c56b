"""Compares a PyTorch module with the graph made from it, before and after optimisation."""

import warnings
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

import mote
from mote import reference
from mote.ir import Graph
from mote.passes import optimize


class Forward(nn.Module):
    """A module of one expression: ``function(module, *inputs)``."""

    def __init__(self, function: Callable[..., object], **parts: object) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *inputs: torch.Tensor) -> object:
        return self.function(self, *inputs)


def stored(value: torch.Tensor, shape: tuple[int, ...]) -> np.ndarray:
    """A PyTorch value as a tensor of this shape keeps it: channels last if that is its shape."""
    array = value.detach().numpy()
    array = array.astype(np.int32) if array.dtype == np.int64 else array
    last = np.ascontiguousarray(np.moveaxis(array, 1, -1)) if array.ndim in (3, 4) else array
    planar = array.ndim == 4 or last.shape == shape != array.shape
    assert (last.shape if planar else array.shape) == shape
    return last if planar else array


def randomize_norms(module: nn.Module) -> None:
    """Batch norms as training leaves them, not as they begin."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) and layer.running_mean is not None:
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.3, 2)
            if layer.affine:
                nn.init.normal_(layer.weight)
                nn.init.normal_(layer.bias)


def assert_agrees(
    module: nn.Module, *examples: tuple[int, ...] | torch.Tensor, tolerance: float = 1e-4
) -> Graph:
    """Check a module on random inputs; floats may differ by the order of sums."""
    torch.manual_seed(1)
    randomize_norms(module)
    inputs = tuple(torch.randn(e) if isinstance(e, tuple) else e for e in examples)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, of what it does itself
        expected = module.eval()(*inputs)
    expected = expected if isinstance(expected, tuple | list) else (expected,)
    graph = mote.from_torch(module, inputs)
    for version in (graph, optimize(graph)):
        arrays = [
            stored(x, version.tensors[t].shape) for x, t in zip(inputs, version.inputs, strict=True)
        ]
        values = reference.run(version, arrays)
        for name, value in zip(version.outputs, expected, strict=True):
            np.testing.assert_allclose(
                values[name],
                stored(value, version.tensors[name].shape),
                rtol=tolerance,
                atol=tolerance,
                err_msg=name,
            )
    return graph


def kinds(graph: Graph) -> list[str]:
    return [n.op.kind for n in graph.nodes]
