"""PyTorch modules that cannot be converted: every reason at once, with the line of source."""

import sys

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

import mote
from mote.errors import InputError, ToolError, UnsupportedModelError
from torch_check import Forward

IMAGE = torch.zeros(1, 2, 6, 6)


class ManyProblems(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(6, 6)
        self.pool = nn.AvgPool2d(3, divisor_override=2)
        self.fine = nn.Conv2d(2, 2, 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        y = self.fine(self.pool(self.fine(x)))
        z = self.lstm(x.flatten(0, 1))[0].relu()
        return torch.where(x > 0, x, -x), z, x.argmax(1), y


def test_all_problems_are_listed_at_once_with_node_line_reason_and_way_out() -> None:
    with pytest.raises(UnsupportedModelError) as caught:
        mote.from_torch(ManyProblems(), IMAGE, name="net")
    pool, lstm, comparison, argmax = caught.value.details
    assert caught.value.found == "4 operations cannot be converted"
    assert pool.startswith("node 'pool' (test_torch_errors.py:")
    assert "y = self.fine(self.pool(self.fine(x)))" in pool
    assert "divisor_override is set; leave divisor_override at None" in pool
    assert lstm.startswith("node 'lstm'")
    assert "recurrent layers are not supported" in lstm
    assert "return torch.where(x > 0, x, -x)" in comparison
    assert "aten.gt.Scalar is not supported; use torch.clamp" in comparison
    assert "aten.argmax.default is not supported; return the scores" in argmax


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (nn.AvgPool2d(3, divisor_override=2), "divisor_override is set"),
        (nn.MaxPool2d(3, dilation=2), "its window is dilated"),
        (nn.MaxPool2d(3, return_indices=True), "its further results are used"),
        (
            nn.BatchNorm2d(2, track_running_stats=False),
            "it normalises with statistics of the batch",
        ),
        (nn.InstanceNorm2d(2, track_running_stats=True), "it uses running statistics"),
        (nn.Softplus(threshold=1), "threshold is 1,"),
        (nn.Threshold(0.5, 0.0), "it replaces what is below 0.5 by 0.0"),
        (nn.Upsample(scale_factor=1.25), "its scale 1.25 makes 7.5 of 6 elements"),
        (nn.Upsample(scale_factor=2, mode="bicubic"), "use mode='bilinear'"),
        (
            Forward(lambda m, x: F.conv3d(x[None], x.new_ones(1, 1, 1, 1, 1))),
            "aten.conv3d.default is not supported; use nn.Conv2d",
        ),
        (Forward(lambda m, x: x**5), "its exponent is 5"),
        (Forward(lambda m, x: x / 0), "it divides by zero"),
        (Forward(lambda m, x: x.mean((2, 3), dtype=torch.float64)), "its result is torch.float64"),
        (Forward(lambda m, x: x.half().float()), "it casts torch.float32 to torch.float16"),
        (Forward(lambda m, x: x.clamp(min=x.mean())), "its bound is computed"),
        (Forward(lambda m, x: F.conv2d(x, x[:, :, :1, :1])), "its weight is computed"),
        (Forward(lambda m, x: x.add_(x)), "the module changes its inputs"),
        (Forward(lambda m, x: ()), "the module returns nothing"),
        (Forward(lambda m, x: x), "an input is an output"),
        (Forward(lambda m, x: (x.relu(), torch.ones(2))), "an output is not computed"),
        (Forward(lambda m, x: x + torch.rand(6)), "it draws at random"),
        (Forward(lambda m, x: x[:, :, 3:3]), "has no elements"),
        (Forward(lambda m, x: x.repeat(1, 500, 1, 1)), "it repeats a value 500 times"),
        (
            Forward(lambda m, x: F.scaled_dot_product_attention(x, x, x, is_causal=True)),
            "its mask is causal",
        ),
        (nn.Conv2d(2, 2, 1, device="meta"), "its weight has no values (device meta)"),
    ],
)
def test_settings_without_an_equal_are_refused_with_the_reason(
    module: nn.Module, reason: str
) -> None:
    with pytest.raises(UnsupportedModelError) as caught:
        mote.from_torch(module, IMAGE)
    assert reason in caught.value.message()


def test_control_flow_on_data_is_reported_as_untraceable() -> None:
    with pytest.raises(UnsupportedModelError, match="cannot trace the module"):
        mote.from_torch(Forward(lambda m, x: x if x.sum() > 0 else -x), IMAGE)


def test_weights_of_another_type_are_refused_by_name() -> None:
    module = Forward(lambda m, x: m.norm(x), norm=nn.BatchNorm2d(2))
    module.norm.running_mean = torch.zeros(2, dtype=torch.bfloat16)
    with pytest.raises(UnsupportedModelError, match=r"its running_mean has type torch\.bfloat16"):
        mote.from_torch(module, IMAGE)


def test_values_without_elements_are_refused() -> None:
    narrow = Forward(lambda m, x: F.linear(x, m.none))
    narrow.none = nn.Parameter(torch.zeros(0, 4))
    for module, example in ((nn.ReLU(), torch.zeros(0, 4)), (narrow, torch.zeros(1, 4))):
        with pytest.raises(UnsupportedModelError, match="has no elements"):
            mote.from_torch(module, example)


@pytest.mark.parametrize("example", [[1.0], IMAGE.double(), (IMAGE, 3)])
def test_examples_must_be_float32_tensors(example: object) -> None:
    with pytest.raises(InputError, match="of float32, int64 or int32"):
        mote.from_torch(nn.ReLU(), example)


def test_something_else_than_a_module_is_refused() -> None:
    with pytest.raises(InputError, match="found function"):
        mote.from_torch(lambda x: x, IMAGE)


def test_half_precision_weights_are_refused() -> None:
    module = Forward(lambda m, x: m.conv(x.half()).float(), conv=nn.Conv2d(2, 2, 1).half())
    with pytest.raises(UnsupportedModelError, match=r"torch\.float16"):
        mote.from_torch(module, IMAGE)


def test_a_missing_torch_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ToolError, match="pip install"):
        mote.from_torch(nn.ReLU(), IMAGE)


def test_what_cannot_be_traced_is_told_with_its_line_and_nothing_of_pytorch(
    capfd: pytest.CaptureFixture[str],
) -> None:
    class Branches(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if x.sum() > 0:
                return x * 2
            return x

    with pytest.raises(UnsupportedModelError) as error:
        mote.from_torch(Branches(), IMAGE)
    assert "cannot trace the module: Could not guard" in str(error.value)
    assert error.value.details[0].startswith("test_torch_errors.py:")
    assert error.value.details[0].endswith(": if x.sum() > 0:")
    assert capfd.readouterr() == ("", "")
