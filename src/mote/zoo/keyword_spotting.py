"""Depthwise separable CNNs for keyword spotting: Hello Edge's S, M and L, and MLPerf Tiny's."""

from torch import Tensor, nn

from mote.zoo.layers import conv_norm_act, initialize

Stride = tuple[int, int]


class DSCNN(nn.Module):
    """A convolution over time and frequency, then depthwise separable ones; see ``ds_cnn``."""

    def __init__(
        self,
        *,
        num_classes: int,
        in_chans: int,
        drop_rate: float,
        width: int,
        stem_stride: Stride,
        strides: tuple[Stride, ...],
    ) -> None:
        super().__init__()
        self.pad = nn.ZeroPad2d((1, 2, 4, 5))  # "same" for the even kernel, as in TensorFlow
        self.stem = conv_norm_act(in_chans, width, (10, 4), stride=stem_stride, padding=(0, 0))
        self.blocks = nn.Sequential(*(_separable(width, stride) for stride in strides))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.drop = nn.Dropout(drop_rate)
        self.fc = nn.Linear(width, num_classes)
        initialize(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores ``[N, num_classes]`` of features ``[N, in_chans, time, frequency]``."""
        x = self.blocks(self.stem(self.pad(x)))
        scores: Tensor = self.fc(self.drop(self.flatten(self.avgpool(x))))
        return scores


def _separable(width: int, stride: Stride) -> nn.Sequential:
    block = nn.Sequential()
    block.add_module("depthwise", conv_norm_act(width, width, 3, stride=stride, groups=width))
    block.add_module("pointwise", conv_norm_act(width, width))
    return block


def ds_cnn(
    *,
    num_classes: int = 12,
    in_chans: int = 1,
    drop_rate: float = 0.0,
    width: int = 64,
    depth: int = 4,
) -> nn.Module:
    """DS-CNN, the keyword spotting network of MLPerf Tiny; features of 49 frames x 10 MFCCs.

    Banbury et al. 2021, "MLPerf Tiny Benchmark", section 4; the small network of Zhang et al. 2017.
    MLPerf Tiny trains it with dropout of 0.4.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the features.
        drop_rate: Dropout before the last layer.
        width: Channels of every layer.
        depth: Number of depthwise separable blocks.
    """
    return DSCNN(
        num_classes=num_classes,
        in_chans=in_chans,
        drop_rate=drop_rate,
        width=width,
        stem_stride=(2, 2),
        strides=((1, 1),) * depth,
    )


def ds_cnn_s(*, num_classes: int = 12, in_chans: int = 1, drop_rate: float = 0.0) -> nn.Module:
    """DS-CNN small: 64 channels, 4 blocks. Zhang et al. 2017, "Hello Edge", tables 3 and 9.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the features.
        drop_rate: Dropout before the last layer.
    """
    return ds_cnn(num_classes=num_classes, in_chans=in_chans, drop_rate=drop_rate)


def ds_cnn_m(*, num_classes: int = 12, in_chans: int = 1, drop_rate: float = 0.0) -> nn.Module:
    """DS-CNN medium: 172 channels, 4 blocks. Zhang et al. 2017, "Hello Edge", tables 3 and 9.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the features.
        drop_rate: Dropout before the last layer.
    """
    return DSCNN(
        num_classes=num_classes,
        in_chans=in_chans,
        drop_rate=drop_rate,
        width=172,
        stem_stride=(2, 1),
        strides=((2, 2), (1, 1), (1, 1), (1, 1)),
    )


def ds_cnn_l(*, num_classes: int = 12, in_chans: int = 1, drop_rate: float = 0.0) -> nn.Module:
    """DS-CNN large: 276 channels, 5 blocks. Zhang et al. 2017, "Hello Edge", tables 3 and 9.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the features.
        drop_rate: Dropout before the last layer.
    """
    return DSCNN(
        num_classes=num_classes,
        in_chans=in_chans,
        drop_rate=drop_rate,
        width=276,
        stem_stride=(2, 1),
        strides=((2, 2), (1, 1), (1, 1), (1, 1), (1, 1)),
    )
