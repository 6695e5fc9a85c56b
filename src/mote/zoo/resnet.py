"""ResNet-8, the image classification reference of MLPerf Tiny."""

from torch import Tensor, nn

from mote.zoo.layers import initialize


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut, which is convolved where the shape changes."""

    def __init__(self, in_chans: int, out_chans: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_chans, out_chans, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_chans)
        self.act1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out_chans, out_chans, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_chans)
        self.downsample = (
            nn.Conv2d(in_chans, out_chans, 1, stride)  # without norm, as in MLPerf Tiny
            if stride != 1 or in_chans != out_chans
            else nn.Identity()
        )
        self.act2 = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.act1(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        result: Tensor = self.act2(y + self.downsample(x))
        return result


class ResNet(nn.Module):
    """One basic block per stage; see ``resnet8``."""

    def __init__(
        self, *, num_classes: int, in_chans: int, drop_rate: float, widths: tuple[int, int, int]
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_chans, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.act1 = nn.ReLU(inplace=True)
        self.layer1 = nn.Sequential(BasicBlock(widths[0], widths[0], 1))
        self.layer2 = nn.Sequential(BasicBlock(widths[0], widths[1], 2))
        self.layer3 = nn.Sequential(BasicBlock(widths[1], widths[2], 2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.drop = nn.Dropout(drop_rate)
        self.fc = nn.Linear(widths[2], num_classes)
        initialize(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores ``[N, num_classes]`` of images ``[N, in_chans, H, W]``."""
        x = self.act1(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        scores: Tensor = self.fc(self.drop(self.flatten(self.avgpool(x))))
        return scores


def resnet8(
    *,
    num_classes: int = 10,
    in_chans: int = 3,
    width_mult: float = 1.0,
    drop_rate: float = 0.0,
) -> nn.Module:
    """ResNet-8, the CIFAR-10 network of MLPerf Tiny; made for images of 32 x 32.

    Banbury et al. 2021, "MLPerf Tiny Benchmark", section 4; after He et al. 2016, section 4.2, with
    one block per stage and shortcuts of 1 x 1 convolutions.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the images.
        width_mult: Factor on the widths 16, 32 and 64; the results are rounded.
        drop_rate: Dropout before the last layer.
    """
    first, second, third = (max(1, round(width * width_mult)) for width in (16, 32, 64))
    return ResNet(
        num_classes=num_classes,
        in_chans=in_chans,
        drop_rate=drop_rate,
        widths=(first, second, third),
    )
