"""Every PyTorch operation that is converted computes what PyTorch computes, in float."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as PyTorch's users know it

from mote.frontends.torch.operators import CONVERTERS
from torch_check import Forward, assert_agrees, kinds

PLANES, SEQUENCE, ROWS = (2, 4, 9, 7), (1, 4, 9), (3, 8)
TOKENS = (1, 5, 8)

ON_PLANES: dict[str, Callable[[torch.Tensor], object]] = {
    "arithmetic": lambda x: (
        x + 1,
        2 - x,
        torch.add(x, x, alpha=3),
        torch.sub(x, x.tanh(), alpha=2),
        x / 3,
        1 / (x * x + 1),
        x / (x.exp() + 1),
        x * x.mean((2, 3), keepdim=True),
        -x,
        x.abs(),
    ),
    "powers": lambda x: (
        x**2,
        x**3,
        (x * x + 1) ** -1,
        (x * x + 1) ** 0.5,
        (x * x + 1) ** -0.5,
        torch.rsqrt(x * x + 1),
        torch.sqrt(x * x),
        torch.log(x * x + 1),
        torch.log1p(x * x),
        torch.log2(x * x + 1),
        torch.expm1(x),
        x.square(),
        (x + 5).reciprocal(),
        torch.erf(x),
    ),
    "clamps": lambda x: (
        x.clamp(0.25, 0.5),
        x.clamp(min=-1),
        x.clamp_max(0.3),
        F.relu6(x),
        F.hardtanh(x, -2, 2),
        F.threshold(x, 0.1, 0.1),
        torch.maximum(x, x.tanh() * 2),
        torch.minimum(x, x.exp()),
    ),
    "functions": lambda x: (
        F.leaky_relu(x, 0.2),
        F.elu(x, 0.7),
        F.celu(x, 1.3),
        F.selu(x),
        F.gelu(x),
        F.gelu(x, approximate="tanh"),
        F.silu(x),
        F.mish(x),
        F.softplus(x, beta=2),
        F.logsigmoid(x),
        F.hardswish(x),
        F.hardsigmoid(x),
        F.softsign(x),
        F.tanhshrink(x),
        F.glu(x, 1),
        x.sigmoid(),
        x.tanh(),
    ),
    "softmax": lambda x: (
        F.softmax(x, 1),
        F.softmax(x, -1),
        F.softmin(x, 2),
        F.log_softmax(x, 1),
        F.normalize(x, dim=1),
        F.normalize(x, p=1, dim=(2, 3)),
    ),
    "reductions": lambda x: (
        x.mean(),
        x.mean(1),
        x.mean((1, 2), keepdim=True),
        x.sum(1),
        x.sum((2, 3)),
        x.sum(),
        x.amax((2, 3)),
        x.amax(1),
        x.amin(0, keepdim=True),
        x.max(),
        x.max(1)[0],
        x.min(2)[0],
        x.var(1),
        x.var((2, 3), unbiased=False, keepdim=True),
        x.std(3),
    ),
    "shapes": lambda x: (
        x.flatten(1) * 1,
        x.flatten(2) * 1,
        x.reshape(2, 2, 2, 63) * 1,
        x.unsqueeze(1).squeeze(1) * 1,
        x.permute(0, 2, 3, 1) * 1,
        x.transpose(1, 2) * 1,
        x.mT * 1,
        x[:, :1].expand(2, 4, 9, 7) * 1,
        x.repeat(1, 2, 1, 1),
        x.tile(1, 2, 1, 1),
        x.flip(2),
        x.roll(3, 3),
        torch.stack([x, x * 2], 1).flatten(1, 2) * 1,
    ),
    "parts": lambda x: (
        *(part * 1 for part in x.split(3, 2)),
        *(part * 1 for part in x.split([1, 3], 1)),
        *(part * 1 for part in x.chunk(2, 1)),
        *(part * 1 for part in x.unbind(1)),
        x[:, 1] * 1,
        x[:, :, ::2, 1:] * 1,
        x[..., -3:] * 1,
        x.narrow(2, 1, 4) * 1,
        x.select(3, -1) * 1,
        torch.cat([x, x + 1, torch.ones(2, 1, 9, 7)], 1),
    ),
    "borders": lambda x: (
        F.pad(x, (1, 2, 0, 1), value=1.5),
        F.pad(x, (1, -2, -1, 1)),
        F.pad(x, (2, 1, 1, 2), mode="reflect"),
        F.pad(x, (2, 1, 1, 0), mode="replicate"),
        F.pad(x, (2, 1, 1, 2), mode="circular"),
        F.pad(x, (0, 0, 0, 0, 1, 2)),
    ),
    "resizing": lambda x: (
        F.interpolate(x, scale_factor=2),
        F.interpolate(x, size=(5, 13)),
        F.interpolate(x, size=(5, 13), mode="nearest-exact"),
        F.interpolate(x, scale_factor=2, mode="bilinear"),
        F.interpolate(x, size=(4, 15), mode="bilinear"),
        F.interpolate(x, size=(4, 15), mode="bilinear", align_corners=True),
        F.pixel_shuffle(x, 2),
        F.channel_shuffle(x, 2),
    ),
    "pools": lambda x: (
        F.max_pool2d(x, (3, 2), stride=(2, 1), padding=1),
        F.max_pool2d(x, 3, stride=3, padding=1, ceil_mode=True),
        F.avg_pool2d(x, 3, stride=2, padding=1),
        F.avg_pool2d(x, (2, 4), ceil_mode=True),
        F.avg_pool2d(x, 4, stride=3, padding=2, ceil_mode=True),
        F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False, ceil_mode=True),
        F.adaptive_avg_pool2d(x, (3, 7)),
        F.adaptive_avg_pool2d(x, (4, 3)),
        F.adaptive_avg_pool2d(x, 1),
        F.adaptive_max_pool2d(x, (3, 1)),
        F.adaptive_max_pool2d(x, 4),
    ),
    "products": lambda x: (
        x @ x.mT,
        x.mT @ x.tanh(),
        torch.einsum("bchw,bcvw->bchv", x, x),
    ),
    "constants": lambda x: (
        x + torch.arange(7),
        x * torch.linspace(0, 1, 9)[:, None],
        x + torch.zeros_like(x) + x.new_full((7,), 2.0),
        x - torch.eye(9, 7).exp(),
    ),
}


@pytest.mark.parametrize("group", ON_PLANES)
def test_operations_on_planes_agree(group: str) -> None:
    assert_agrees(Forward(lambda module, x: ON_PLANES[group](x)), PLANES)


MODULES: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "conv1d": (nn.Conv1d(4, 6, 3, stride=2, padding=1), SEQUENCE),
    "conv1d same dilated": (nn.Conv1d(4, 6, 4, padding="same", dilation=2), SEQUENCE),
    "conv1d depthwise": (nn.Conv1d(4, 8, 3, groups=4, bias=False), SEQUENCE),
    "conv1d grouped": (nn.Conv1d(4, 6, 3, groups=2), SEQUENCE),
    "conv1d unbatched": (nn.Conv1d(4, 6, 3), (4, 9)),
    "conv2d unbatched": (nn.Conv2d(4, 6, 3), (4, 9, 7)),
    "conv2d reflect": (nn.Conv2d(4, 6, 3, padding=(1, 2), padding_mode="reflect"), PLANES),
    "conv2d circular": (nn.Conv2d(4, 6, 3, padding=1, padding_mode="circular"), PLANES),
    "conv_transpose1d": (nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1), SEQUENCE),
    "conv_transpose2d": (
        nn.ConvTranspose2d(4, 6, (3, 2), stride=2, padding=1, output_padding=1, dilation=2),
        PLANES,
    ),
    "conv_transpose2d grouped": (nn.ConvTranspose2d(4, 6, 3, groups=2), PLANES),
    "weight norm": (nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 6, 3)), PLANES),
    "linear": (nn.Linear(8, 5), ROWS),
    "linear on tokens": (nn.Linear(8, 5, bias=False), TOKENS),
    "linear on planes": (nn.Linear(7, 5), PLANES),
    "max_pool1d": (nn.MaxPool1d(3, stride=2, padding=1), SEQUENCE),
    "avg_pool1d": (nn.AvgPool1d(3, stride=2, padding=1), SEQUENCE),
    "adaptive_avg_pool1d": (nn.AdaptiveAvgPool1d(2), SEQUENCE),
    "adaptive_max_pool1d": (nn.AdaptiveMaxPool1d(3), SEQUENCE),
    "upsample linear": (nn.Upsample(scale_factor=2, mode="linear"), SEQUENCE),
    "upsample nearest 1d": (nn.Upsample(scale_factor=3), SEQUENCE),
    "reflection_pad1d": (nn.ReflectionPad1d((2, 1)), SEQUENCE),
    "batch_norm1d rows": (nn.BatchNorm1d(8), ROWS),
    "batch_norm1d sequence": (nn.BatchNorm1d(4), SEQUENCE),
    "batch_norm2d plain": (nn.BatchNorm2d(4, affine=False), PLANES),
    "layer_norm": (nn.LayerNorm(8), TOKENS),
    "layer_norm of planes": (nn.LayerNorm((4, 9, 7)), PLANES),
    "layer_norm plain": (nn.LayerNorm((9, 7), elementwise_affine=False), PLANES),
    "rms_norm": (nn.RMSNorm(8), TOKENS),
    "group_norm": (nn.GroupNorm(2, 4), PLANES),
    "instance_norm": (nn.InstanceNorm2d(4, affine=True), PLANES),
    "prelu": (nn.PReLU(4), PLANES),
    "prelu single": (nn.PReLU(), ROWS),
    "embedding bag of rows": (nn.Sequential(nn.Flatten(), nn.Linear(36, 3)), SEQUENCE),
    "attention": (
        Forward(lambda m, x: m.a(x, x, x)[0], a=nn.MultiheadAttention(8, 2, batch_first=True)),
        TOKENS,
    ),
    "transformer": (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), TOKENS),
    "attention of four": (
        Forward(lambda m, x: F.scaled_dot_product_attention(x, x + 1, x)),
        (1, 2, 6, 4),
    ),
    "addmm": (
        Forward(
            lambda m, x: torch.addmm(m.b, x, m.w),
            b=nn.Parameter(torch.randn(5)),
            w=nn.Parameter(torch.randn(8, 5)),
        ),
        ROWS,
    ),
    "baddbmm": (Forward(lambda m, x: torch.baddbmm(x @ x.mT, x, x.mT)), (2, 3, 8)),
    "matrix times vector": (
        Forward(
            lambda m, x: (x @ m.v, m.w @ x),
            v=nn.Parameter(torch.randn(8)),
            w=nn.Parameter(torch.randn(2, 3)),
        ),
        ROWS,
    ),
    "pixel_unshuffle": (nn.PixelUnshuffle(3), (1, 2, 9, 6)),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules_agree(name: str) -> None:
    module, shape = MODULES[name]
    assert_agrees(module, shape)


def test_an_embedding_reads_int32_indices() -> None:
    module = nn.Sequential(nn.Embedding(10, 6), nn.Linear(6, 3))
    graph = assert_agrees(module, torch.tensor([[1, 9, 0, 3]]))
    assert kinds(graph)[0] == "embedding"
    assert graph.tensors[graph.inputs[0]].dtype.value == "int32"


def test_a_mask_of_numbers_is_added_to_the_scores() -> None:
    module = Forward(
        lambda m, x: F.scaled_dot_product_attention(x, x, x, attn_mask=m.mask, scale=0.5),
        mask=nn.Parameter(torch.randn(5, 5)),
    )
    assert_agrees(module, TOKENS)


def test_what_reads_parameters_alone_is_computed_on_import() -> None:
    module = Forward(
        lambda m, x: F.linear(x, (m.w * 2).relu().T, m.w.sum(1)[:3]),
        w=nn.Parameter(torch.randn(8, 3)),
    )
    assert kinds(assert_agrees(module, ROWS)) == ["fully_connected"]


def test_every_converter_belongs_to_an_operation_of_pytorch() -> None:
    for target in CONVERTERS:
        namespace, operation, overload = target.split(".")
        if namespace == "aten":
            assert overload in getattr(torch.ops.aten, operation).overloads(), target


def test_the_documentation_lists_every_operation_and_no_other() -> None:
    text = (Path(__file__).parents[1] / "docs" / "frontends.md").read_text()
    rows = text[text.index("| PyTorch operation") :].split("\n\n")[0].splitlines()[2:]
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert documented == {target.split(".")[1] for target in CONVERTERS}
