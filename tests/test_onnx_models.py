"""Networks that PyTorch exports to ONNX compute what PyTorch computes, before and after passes."""

import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import mote
from mote import reference
from mote.ir import DType, Graph
from mote.passes import optimize
from onnx_models import onnxruntime_outputs, samples

CHANNELS_LAST = {3: (0, 2, 1), 4: (0, 2, 3, 1)}


class Squeeze(nn.Module):
    """Batch norm, hard-swish, and channels weighed by a sigmoid of their means."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(16)
        self.down, self.up = nn.Conv2d(16, 4, 1), nn.Conv2d(4, 16, 1)
        self.last = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.hardswish(self.norm(self.conv(x)))
        gate = functional.relu(self.down(functional.adaptive_avg_pool2d(x, 1)))
        x = x * functional.hardsigmoid(self.up(gate))
        return self.last(functional.silu(x).mean((2, 3)))


class Sound(nn.Module):
    """One spatial dimension: convolutions, dilated depthwise, pool."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv1d(4, 8, 5, padding=2), nn.BatchNorm1d(8)
        self.depthwise, self.last = nn.Conv1d(8, 8, 3, groups=8, dilation=2), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.leaky_relu(self.depthwise(functional.relu(self.norm(self.conv(x)))))
        return functional.log_softmax(self.last(functional.max_pool1d(x, 2).mean(2)), 1)


class UpAndDown(nn.Module):
    """A transposed convolution, a concatenation and a resize, with a plane as the result."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.inner = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1)
        self.up, self.last = nn.ConvTranspose2d(8, 4, 2, 2), nn.Conv2d(8, 2, 3, padding=1)
        self.slope = nn.PReLU(8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = functional.elu(self.first(x))
        deep = self.slope(self.inner(functional.max_pool2d(wide, 2)))
        y = self.last(torch.cat([wide, self.up(deep)], 1))
        return functional.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)


class Modern(nn.Module):
    """Layer norm over the channels, linear layers on planes, GELU, a scale per channel."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 2, 2)
        self.mix = nn.Conv2d(8, 8, 7, padding=3, groups=8)
        self.norm, self.wide = nn.LayerNorm(8), nn.Linear(8, 32)
        self.narrow, self.scale = nn.Linear(32, 8), nn.Parameter(torch.rand(8))
        self.last = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        y = self.norm(self.mix(x).permute(0, 2, 3, 1))
        y = self.narrow(functional.gelu(self.wide(y))) * self.scale
        return self.last((x + y.permute(0, 3, 1, 2)).mean((-2, -1)))


class Attention(nn.Module):
    """Causal self-attention with a residual, on [N, time, features]."""

    def __init__(self, size: int = 16, heads: int = 4) -> None:
        super().__init__()
        self.heads, self.norm = heads, nn.LayerNorm(size)
        self.all, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, time, size = x.shape
        parts = self.all(self.norm(x)).reshape(n, time, 3, self.heads, size // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)
        mask = torch.tril(torch.ones(time, time, dtype=torch.bool))
        y = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return x + self.out(y.transpose(1, 2).reshape(n, time, size))


class Words(nn.Module):
    """An embedding, a transformer's encoder layer, a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.last = nn.Embedding(20, 16), nn.Linear(16, 3)
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, activation="gelu")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.layer(self.table(x))).mean(1)


NETWORKS: dict[str, tuple[Callable[[], nn.Module], torch.Tensor, set[str]]] = {
    "squeeze": (
        Squeeze,
        torch.randn(1, 3, 16, 16),
        {"conv_2d", "hard_swish", "mean", "hard_sigmoid", "mul", "sigmoid", "silu"}
        | {"fully_connected"},
    ),
    "sound": (
        Sound,
        torch.randn(1, 4, 30),
        {"reshape", "conv_2d", "depthwise_conv_2d", "leaky_relu", "max_pool_2d", "mean"}
        | {"fully_connected", "log_softmax"},
    ),
    "up_and_down": (
        UpAndDown,
        torch.randn(1, 1, 8, 8),
        {"conv_2d", "elu", "max_pool_2d", "prelu", "transposed_conv_2d", "concat", "resize"},
    ),
    "modern": (
        Modern,
        torch.randn(1, 3, 16, 16),
        {"conv_2d", "depthwise_conv_2d", "layer_norm", "reshape", "fully_connected", "gelu"}
        | {"add", "mean"},
    ),
    "attention": (
        Attention,
        torch.randn(1, 5, 16),
        {"layer_norm", "reshape", "fully_connected", "slice", "mul", "transpose", "mat_mul"}
        | {"add", "softmax"},
    ),
    "words": (
        Words,
        torch.arange(6).reshape(1, 6),
        {"embedding", "layer_norm", "reshape", "fully_connected", "slice", "mul", "transpose"}
        | {"mat_mul", "add", "softmax", "gelu", "mean"},
    ),
}
"""Network, example, and the operators that may be left after the passes."""


def exported(name: str, folder: Path, opset: int, dynamo: bool) -> tuple[nn.Module, Graph]:
    torch.manual_seed(3)
    make, example, _ = NETWORKS[name]
    module, path = make().eval(), folder / f"{name}.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporters
        logging.disable(logging.CRITICAL)
        try:
            settings = {"opset_version": opset, "dynamo": dynamo}
            torch.onnx.export(module, (example,), path, **settings, verbose=False)
        finally:
            logging.disable(logging.NOTSET)
    return module, mote.load(path)


def check(module: nn.Module, graph: Graph, name: str) -> None:
    _, example, operators = NETWORKS[name]
    after = optimize(graph)
    assert {n.op.label for n in after.nodes} <= operators
    rng = np.random.default_rng(5)
    for tried in (graph, after):
        x = graph.tensors[graph.inputs[0]]
        if x.dtype is DType.INT32:
            given = torch.from_numpy(rng.integers(0, 20, tuple(example.shape)))
        else:
            given = torch.from_numpy(rng.standard_normal(tuple(example.shape)).astype(np.float32))
        with torch.no_grad():
            expected = module(given).numpy()
        stored = to_graph(given.numpy(), x.shape).astype(x.dtype.numpy)
        found = reference.run(tried, [stored])[graph.outputs[0]]
        np.testing.assert_allclose(found, to_graph(expected, found.shape), rtol=1e-4, atol=1e-5)


def to_graph(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A value in the order that the graph has it."""
    permutation = CHANNELS_LAST.get(array.ndim)
    if permutation is None or tuple(array.shape[i] for i in permutation) != shape:
        return array
    return np.ascontiguousarray(array.transpose(permutation))


@pytest.mark.parametrize("opset", [13, 17])
@pytest.mark.parametrize("name", ["squeeze", "sound", "up_and_down", "modern"])
def test_an_exported_network_computes_what_pytorch_does(
    name: str, opset: int, tmp_path: Path
) -> None:
    check(*exported(name, tmp_path, opset, dynamo=False), name)


def test_exported_attention_computes_what_pytorch_does(tmp_path: Path) -> None:
    check(*exported("attention", tmp_path, 17, dynamo=False), "attention")


def test_an_exported_embedding_takes_indices(tmp_path: Path) -> None:
    module, graph = exported("words", tmp_path, 17, dynamo=False)
    assert graph.tensors[graph.inputs[0]].dtype is DType.INT32
    check(module, graph, "words")


def test_a_file_of_the_newer_exporter_computes_what_onnxruntime_does() -> None:
    """``golden/attention.onnx`` is ``Attention(8, 2)``, exported with ``dynamo=True``."""
    pytest.importorskip("onnxruntime")
    path = Path(__file__).parent / "golden" / "attention.onnx"
    graph = mote.load(path)
    inputs = samples((1, 4, 8), 3, seed=2)
    expected = onnxruntime_outputs(path.read_bytes(), [{"x": x} for x in inputs])
    for x, (y,) in zip(inputs, expected, strict=True):
        for tried in (graph, optimize(graph)):
            found = reference.run(tried, [x])["y"]
            np.testing.assert_allclose(found, y, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(NETWORKS))
@pytest.mark.parametrize("opset", [18, 20, 23])
def test_every_network_of_the_newer_exporter(name: str, opset: int, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    check(*exported(name, tmp_path, opset, dynamo=True), name)


def test_an_imported_network_quantises(tmp_path: Path) -> None:
    _, graph = exported("squeeze", tmp_path, 17, dynamo=False)
    names = [n.op.label for n in optimize(graph).nodes]
    assert "transpose" not in names
    x = np.random.default_rng(1).standard_normal((8, 16, 16, 3)).astype(np.float32)
    quantised = mote.quantize(graph, x)
    assert quantised.tensors[quantised.inputs[0]].dtype is DType.INT8
