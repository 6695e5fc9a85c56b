"""Small networks in the style of well-known ones, whose graphs need no transpose."""

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(),
    )


class InvertedResidual(nn.Module):
    """MobileNetV2's block."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.body = nn.Sequential(
            conv(inputs, hidden, 1),
            conv(hidden, hidden, 3, stride, hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x) if self.residual else self.body(x)


def mobile_net() -> nn.Module:
    return nn.Sequential(
        conv(3, 8, 3, 2),
        InvertedResidual(8, 8, 1, 2),
        InvertedResidual(8, 12, 2, 3),
        InvertedResidual(12, 12, 1, 3),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(12, 5),
    )


class ShuffleUnit(nn.Module):
    """ShuffleNetV2's: half of the channels pass, then both halves are shuffled."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.branch = nn.Sequential(
            conv(half, half, 1), nn.Conv2d(half, half, 3, 1, 1, groups=half), conv(half, half, 1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept, changed = x.chunk(2, 1)
        x = torch.cat([kept, self.branch(changed)], 1)
        n, c, h, w = x.shape
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


def shuffle_net() -> nn.Module:
    return nn.Sequential(
        conv(3, 16, 3, 2),
        ShuffleUnit(16),
        ShuffleUnit(16),
        ShuffleUnit(16),
        conv(16, 8, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 5),
    )


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(channels, 4, 1)
        self.up = nn.Conv2d(4, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        s = x.mean((2, 3), keepdim=True)
        return x * F.hardsigmoid(self.up(F.relu(self.down(s))))


class LinearExcite(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, 4), nn.ReLU(), nn.Linear(4, channels), nn.Sigmoid()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, c, _, _ = x.shape
        s = F.adaptive_avg_pool2d(x, 1).view(n, c)
        return x * self.fc(s).view(n, c, 1, 1).expand_as(x)


def excite_net() -> nn.Module:
    return nn.Sequential(
        conv(3, 8, 3, 2),
        SqueezeExcite(8),
        conv(8, 8),
        LinearExcite(8),
        nn.Flatten(),
        nn.Linear(8 * 8 * 8, 5),
    )


class Inception(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.one = conv(channels, 4, 1)
        self.three = nn.Sequential(conv(channels, 4, 1), conv(4, 6))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(channels, 2, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.one(x), self.three(x), self.pool(x)], 1)


def inception_net() -> nn.Module:
    return nn.Sequential(
        conv(3, 8, 3, 2),
        Inception(8),
        nn.AvgPool2d(2),
        Inception(12),
        nn.Flatten(),
        nn.Linear(12 * 4 * 4, 5),
    )


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.outer, self.inner = conv(3, 4), conv(4, 8)
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.merge = conv(8, 4)
        self.last = nn.Conv2d(8, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = self.outer(x)
        b = self.inner(F.max_pool2d(a, 2))
        c = self.merge(torch.cat([self.up(b), a], 1))
        d = F.interpolate(b, scale_factor=2, mode="bilinear")[:, :4]
        return self.last(torch.cat([c, d], 1)).softmax(1)


class Wave(nn.Module):
    """Gated 1-D convolutions with skips, as for sound and motion."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv1d(3, 8, 5, 2, 2), nn.BatchNorm1d(8), nn.ReLU())
        self.filters = nn.ModuleList(
            nn.Conv1d(8, 16, 3, padding=2**i, dilation=2**i) for i in range(3)
        )
        self.head = nn.Linear(8 * 4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        for layer in self.filters:
            value, gate = layer(x).chunk(2, 1)
            x = x + value.tanh() * gate.sigmoid()
        return self.head(F.avg_pool1d(x, 4).flatten(1))


class Shuffle1(nn.Module):
    """ShuffleNet's grouped convolution, shuffle and depthwise convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 12)
        self.grouped = nn.Conv2d(12, 12, 1, groups=3)
        self.shuffle = nn.ChannelShuffle(3)
        self.depthwise = conv(12, 12, 3, 2, 12)
        self.full = nn.Conv2d(12, 12, 1)
        self.skip = nn.AvgPool2d(3, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        y = self.full(self.depthwise(self.shuffle(self.grouped(x))))
        return torch.cat([self.skip(x), y], 1).mean((2, 3))


class Norms(nn.Module):
    """ConvNeXt's block: layer norm and linear layers over the channels of planes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.norm = nn.LayerNorm(8)
        self.up, self.down = nn.Linear(8, 16), nn.Linear(16, 8)
        self.scale = nn.Parameter(torch.randn(8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.scale * self.down(F.gelu(self.up(y)))
        return (x + y.permute(0, 3, 1, 2)).mean((-2, -1))


NETWORKS = {
    "MobileNetV2": (mobile_net, (1, 3, 16, 16)),
    "ShuffleNet": (Shuffle1, (1, 3, 16, 16)),
    "ShuffleNetV2": (shuffle_net, (1, 3, 16, 16)),
    "squeeze and excite": (excite_net, (1, 3, 16, 16)),
    "Inception": (inception_net, (1, 3, 16, 16)),
    "U-Net": (UNet, (1, 3, 16, 16)),
    "1-D": (Wave, (1, 3, 32)),
    "ConvNeXt": (Norms, (1, 3, 16, 16)),
}
"""How to make each, and the shape of its input."""
