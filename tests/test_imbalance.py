"""The network made hard to quantise computes what the network computed."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn

import mote.zoo
from mote.errors import UnsupportedModelError

FILE = Path(__file__).resolve().parents[1] / "benchmarks" / "imbalance.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("imbalance", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


imbalance = load()


def network(seed: int = 3) -> nn.Module:
    """MobileNetV2 with ReLU and norms as training leaves them."""
    torch.manual_seed(seed)
    module = mote.zoo.mobilenet_v2(num_classes=4, width_mult=0.35, act_layer=nn.ReLU).eval()
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.running_mean, 0, 0.2)
            nn.init.uniform_(layer.running_var, 0.5, 2)
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0, 0.2)
    return module


def spread(module: nn.Module, name: str) -> float:
    """Largest over least range of a norm's channels, in powers of two."""
    weight = module.get_parameter(name).detach()
    return float((weight.abs().amax() / weight.abs().amin()).log2())


@pytest.mark.parametrize("strength", [1, 8, 64])
def test_not_a_bit_of_the_scores_changes(strength: float) -> None:
    module = network()
    changed = imbalance.unbalance(module, 5, strength)
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(changed(x), module(x), rtol=0, atol=0)


def test_channels_spread_as_far_as_asked() -> None:
    module = network()
    changed = imbalance.unbalance(module, 5, 64)
    names = ["features.3.conv.0.1.weight", "features.3.conv.1.1.weight", "features.0.1.weight"]
    for name in names:
        assert spread(changed, name) > spread(module, name) + 6
    pairs = list(imbalance.consecutive_layers(module))
    # Two in each of the 17 blocks but one in the first; the stem, and the last convolution; and
    # two projections that no addition reads, those of the first and of the last block.
    assert len(pairs) == (2 * 16 + 1) + 2 + 2


def test_the_seed_decides_and_the_module_itself_stays() -> None:
    module = network()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    changed = [imbalance.unbalance(module, seed, 16).state_dict() for seed in (1, 1, 2)]
    assert all(torch.equal(changed[0][name], changed[1][name]) for name in before)
    assert not all(torch.equal(changed[0][name], changed[2][name]) for name in before)
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_layers_with_bias_groups_and_pools_between_them_count() -> None:
    torch.manual_seed(1)
    module = nn.Sequential(
        nn.Conv2d(2, 8, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 12, 3, padding=1, groups=4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, 6),
        nn.ReLU(),
        nn.Linear(6, 3),
    )
    assert len(list(imbalance.consecutive_layers(module))) == 3
    changed = imbalance.unbalance(module, 0, 32)
    x = torch.randn(3, 2, 12, 12)
    torch.testing.assert_close(changed(x), module(x), rtol=0, atol=0)


def test_relu6_lets_no_factor_through() -> None:
    module = nn.Sequential(nn.Conv2d(2, 4, 1), nn.ReLU6(), nn.Conv2d(4, 2, 1))
    with pytest.raises(UnsupportedModelError, match="instead of ReLU6"):
        imbalance.unbalance(module, 0, 8)
