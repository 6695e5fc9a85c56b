"""PyTorch modules that cannot be converted: every reason at once, with the line of source."""

import sys

import pytest
import torch
from torch import nn
from torch.nn import functional

from mote.errors import InputError, ToolError, UnsupportedModelError
from mote.frontends.torch import from_torch

IMAGE = torch.zeros(1, 2, 6, 6)


class ManyProblems(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.act = nn.Sigmoid()
        self.up = nn.ConvTranspose2d(2, 2, 2)
        self.pool = nn.AvgPool2d(3, padding=1)
        self.fine = nn.Conv2d(2, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.fine(self.pool(self.act(x)))
        x = self.up(self.fine(x))
        return functional.gelu(x), y


def test_all_problems_are_listed_at_once_with_node_line_reason_and_way_out() -> None:
    with pytest.raises(UnsupportedModelError) as caught:
        from_torch(ManyProblems(), IMAGE, name="net")
    first, up, gelu = caught.value.details
    assert caught.value.found == "3 operations cannot be converted"
    assert first.startswith("node 'act' (test_torch_errors.py:")
    assert "y = self.fine(self.pool(self.act(x)))" in first
    assert "aten.sigmoid.default is not supported; return the logits" in first
    assert up.startswith("node 'up'")
    assert "upsampling is not available" in up
    assert gelu.startswith("node 'gelu'")
    assert "use nn.ReLU" in gelu


class Forward(nn.Module):
    """A module of one expression."""

    def __init__(self, function: object, **layers: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(self, x)


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (nn.AvgPool2d(3, padding=1), "its mean counts the padding"),
        (nn.AvgPool2d(3, divisor_override=2), "divisor_override is set"),
        (nn.MaxPool2d(3, dilation=2), "its window is dilated"),
        (nn.AdaptiveAvgPool2d(4), "its windows differ in size"),
        (nn.Hardtanh(-2, 2), "it clamps to [-2"),
        (nn.Linear(6, 3), "its input is not [N, features]"),
        (nn.Softmax(dim=3), "it runs along dimension 3"),
        (nn.ConstantPad2d(1, 2.0), "it pads with 2.0"),
        (nn.ReflectionPad2d(1), "it pads with reflect"),
        (nn.Flatten(), "an output is a flattened [N, C, H, W] value"),
        (nn.Flatten(2), "has no layout here"),
        (nn.BatchNorm2d(2, track_running_stats=False), "is not supported"),
        (Forward(lambda m, x: x + 1), "it adds a constant"),
        (Forward(lambda m, x: x.mean(1, keepdim=True)), "it averages over dimensions [1]"),
        (Forward(lambda m, x: x.reshape(1, 8, 3, 3)), "would move elements in memory"),
        (Forward(lambda m, x: x.permute(0, 2, 3, 1)), "keep the order [N, C, H, W]"),
        (Forward(lambda m, x: torch.add(x, x, alpha=2)), "alpha is 2"),
        (Forward(lambda m, x: x.mean((2, 3), dtype=torch.float64)), "its result is torch.float64"),
        (Forward(lambda m, x: x.add_(x)), "the module changes its inputs"),
        (Forward(lambda m, x: ()), "the module returns nothing"),
        (nn.Conv2d(2, 2, 1, device="meta"), "its weight has no values (device meta)"),
    ],
)
def test_settings_without_an_equal_are_refused_with_the_reason(
    module: nn.Module, reason: str
) -> None:
    with pytest.raises(UnsupportedModelError) as caught:
        from_torch(module, IMAGE)
    assert reason in caught.value.message()


def test_operands_laid_out_differently_cannot_be_added() -> None:
    module = Forward(
        lambda m, x: m.last(x.flatten(1) + m.first(m.flat(x))),
        first=nn.Linear(72, 72),
        flat=nn.Flatten(),
        last=nn.Linear(72, 2),
    )
    with pytest.raises(UnsupportedModelError, match="are laid out differently"):
        from_torch(module, IMAGE)


def test_an_input_of_another_rank_has_no_layout() -> None:
    with pytest.raises(UnsupportedModelError, match=r"node 'input': a value of shape \[1, 3, 9\]"):
        from_torch(nn.ReLU(), torch.zeros(1, 3, 9))


def test_control_flow_on_data_is_reported_as_untraceable() -> None:
    with pytest.raises(UnsupportedModelError, match="cannot trace the module"):
        from_torch(Forward(lambda m, x: x if x.sum() > 0 else -x), IMAGE)


class OnParameters(nn.Module):
    """Every operation of one argument, applied to what is stored."""

    def __init__(self) -> None:
        super().__init__()
        self.stored = nn.Parameter(torch.ones(1, 2, 6, 6))
        self.norm = nn.BatchNorm2d(2)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        p = self.stored
        results = (p.relu(), p.detach(), p.view(1, 72), p.softmax(1), functional.pad(p, (1, 1)))
        return (x.relu(), self.norm(p), p.mean((2, 3)), functional.max_pool2d(p, 2), *results)


def test_operations_on_parameters_are_refused_by_name() -> None:
    with pytest.raises(UnsupportedModelError) as caught:
        from_torch(OnParameters(), IMAGE)
    refused = [line for line in caught.value.details if "it is applied to a parameter" in line]
    assert len(refused) == 8


def test_weights_of_another_type_are_refused_by_name() -> None:
    module = Forward(lambda m, x: m.norm(x), norm=nn.BatchNorm2d(2))
    module.norm.running_mean = torch.zeros(2, dtype=torch.bfloat16)
    with pytest.raises(UnsupportedModelError, match=r"its running_mean has type torch\.bfloat16"):
        from_torch(module, IMAGE)


def test_values_without_elements_are_refused() -> None:
    narrow = Forward(lambda m, x: functional.linear(x, m.none))
    narrow.none = nn.Parameter(torch.zeros(0, 4))
    for module, example in ((nn.ReLU(), torch.zeros(0, 4)), (narrow, torch.zeros(1, 4))):
        with pytest.raises(UnsupportedModelError, match="has no elements"):
            from_torch(module, example)


@pytest.mark.parametrize("example", [[1.0], IMAGE.double(), (IMAGE, 3)])
def test_examples_must_be_float32_tensors(example: object) -> None:
    with pytest.raises(InputError, match="needs a float32 tensor"):
        from_torch(nn.ReLU(), example)


def test_something_else_than_a_module_is_refused() -> None:
    with pytest.raises(InputError, match="found function"):
        from_torch(lambda x: x, IMAGE)


def test_half_precision_weights_are_refused() -> None:
    module = Forward(lambda m, x: m.conv(x.half()).float(), conv=nn.Conv2d(2, 2, 1).half())
    with pytest.raises(UnsupportedModelError, match=r"aten\.(to|_to_copy)"):
        from_torch(module, IMAGE)


def test_a_missing_torch_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ToolError, match="pip install"):
        from_torch(nn.ReLU(), IMAGE)
