"""Networks of benchmarks, for `mote train --model benchmarks/networks.py:FUNCTION` or to plan."""

from torch import nn

from mote.zoo import Stage, inverted_residual_net
from mote.zoo.resnet import BasicBlock

STAGES = (Stage(1, 16), Stage(4, 24, 2, 2), Stage(4, 32, 2, 2), Stage(4, 48))
"""(t, c, n, s) of five inverted residual blocks, for images of 28 x 28 to 32 x 32."""

BLOCKS = ((32, 32, 1), (32, 32, 1), (32, 56, 2), (56, 56, 1), (56, 72, 2), (72, 72, 1))
"""Channels before and after each residual block, and its stride."""


def small_mobilenet_v2(num_classes: int = 10, in_chans: int = 1) -> nn.Module:
    """MobileNetV2 in small, with plain ReLU: rescaling channels leaves its function as it is."""
    return inverted_residual_net(
        STAGES,
        num_classes=num_classes,
        in_chans=in_chans,
        stem_chans=16,
        head_chans=128,
        stem_stride=1,
        act_layer=nn.ReLU,
    )


def large_resnet(num_classes: int = 10, in_chans: int = 3) -> nn.Module:
    """A residual network of 16 layers with weights and 76 M multiply-accumulates, for 32 x 32."""
    blocks = [BasicBlock(*sizes) for sizes in BLOCKS]
    return nn.Sequential(
        nn.Conv2d(in_chans, 32, 3, 1, 1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        *blocks,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(72, num_classes),
    )
