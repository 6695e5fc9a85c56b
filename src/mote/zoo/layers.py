"""Parts that several architectures share: widths, a convolution with its norm, initialisation."""

import math
from collections import OrderedDict

from torch import nn

Activation = type[nn.Module]
"""A layer that takes ``inplace``, such as ``nn.ReLU``."""


def make_divisible(channels: float, divisor: int = 8) -> int:
    """The nearest multiple of ``divisor``, at least one, and never below 90 % of ``channels``.

    The rule of the MobileNet code that MobileNetV2 (Sandler et al. 2018) was published with.
    """
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


def conv_norm_act(
    in_chans: int,
    out_chans: int,
    kernel_size: int | tuple[int, int] = 1,
    *,
    stride: int | tuple[int, int] = 1,
    padding: tuple[int, int] | None = None,
    groups: int = 1,
    act_layer: Activation | None = nn.ReLU,
    norm_eps: float = 1e-5,
) -> nn.Sequential:
    """Convolution, batch norm and activation, named ``0``, ``1``, ``2`` as torchvision names them.

    Padded by half the kernel unless ``padding`` says otherwise: with an odd kernel and stride 1
    the size stays.
    """
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    layers: list[nn.Module] = [
        nn.Conv2d(
            in_chans,
            out_chans,
            (height, width),
            stride,
            (height // 2, width // 2) if padding is None else padding,
            groups=groups,
            bias=False,
        ),
        nn.BatchNorm2d(out_chans, eps=norm_eps),
    ]
    if act_layer is not None:
        layers.append(act_layer(inplace=True))
    return nn.Sequential(*layers)


def classifier(features: int, num_classes: int, drop_rate: float) -> nn.Sequential:
    """Dropout and a linear layer, ``classifier.0`` and ``classifier.1`` as in torchvision."""
    return nn.Sequential(
        OrderedDict([("0", nn.Dropout(drop_rate)), ("1", nn.Linear(features, num_classes))])
    )


def initialize(module: nn.Module) -> None:
    """He initialisation for layers that a ReLU follows; norms start as identity.

    Convolutions are normal with variance 2 / fan-out of one group (He et al. 2015, section 2.2);
    linear layers, which give the scores, are normal with standard deviation 0.01.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            fan_out = math.prod(layer.kernel_size) * layer.out_channels / layer.groups
            nn.init.normal_(layer.weight, 0.0, math.sqrt(2.0 / fan_out))
        elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.ones_(layer.weight)
        elif isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0.0, 0.01)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
