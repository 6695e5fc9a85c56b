"""SqueezeNet 1.1."""

from typing import cast

import torch
from torch import Tensor, nn


class Fire(nn.Module):
    """Squeeze the channels by 1 x 1, then expand them by 1 x 1 and 3 x 3 side by side.

    Iandola et al. 2016, section 3.2.
    """

    def __init__(self, in_chans: int, squeeze_chans: int, expand_chans: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(in_chans, squeeze_chans, 1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze_chans, expand_chans, 1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeeze_chans, expand_chans, 3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze_activation(self.squeeze(x))
        small = self.expand1x1_activation(self.expand1x1(x))
        large = self.expand3x3_activation(self.expand3x3(x))
        return torch.cat([small, large], 1)


class SqueezeNet(nn.Module):
    """Fire modules and a convolution that scores every place; see ``squeezenet1_1``."""

    def __init__(
        self, *, num_classes: int, in_chans: int, drop_rate: float, stem_stride: int
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_chans, 64, 3, stem_stride),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(64, 16, 64),
            Fire(128, 16, 64),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(128, 32, 128),
            Fire(256, 32, 128),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(256, 48, 192),
            Fire(384, 48, 192),
            Fire(384, 64, 256),
            Fire(512, 64, 256),
        )
        self.classifier = nn.Sequential(
            nn.Dropout(drop_rate),
            nn.Conv2d(512, num_classes, 1),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(1),
        )
        self.flatten = nn.Flatten()
        _initialize(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores ``[N, num_classes]`` of images ``[N, in_chans, H, W]``."""
        scores: Tensor = self.flatten(self.classifier(self.features(x)))
        return scores


def squeezenet1_1(
    *,
    num_classes: int = 1000,
    in_chans: int = 3,
    drop_rate: float = 0.0,
    stem_stride: int = 2,
) -> nn.Module:
    """SqueezeNet 1.1: Iandola et al. 2016, "SqueezeNet", in the authors' second release.

    Parameters are named as in torchvision, whose weights can be loaded.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the images.
        drop_rate: Dropout before the last convolution; the paper trains with 0.5.
        stem_stride: Stride of the first convolution; 1 suits images of 32 x 32.
    """
    return SqueezeNet(
        num_classes=num_classes, in_chans=in_chans, drop_rate=drop_rate, stem_stride=stem_stride
    )


def _initialize(module: SqueezeNet) -> None:
    """He et al. 2015, uniform; the last convolution normal with standard deviation 0.01."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_uniform_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
    nn.init.normal_(cast(nn.Conv2d, module.classifier[1]).weight, 0.0, 0.01)
