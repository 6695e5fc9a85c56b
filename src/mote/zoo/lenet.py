"""LeNet-5 and LeNet-300-100, in the forms that the compression literature reports on."""

from torch import Tensor, nn


class LeNet5(nn.Module):
    """Two convolutions, two pools, two linear layers; see ``lenet5``."""

    def __init__(self, *, num_classes: int, in_chans: int, drop_rate: float, act: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_chans, 20, 5)
        self.act1 = nn.ReLU(inplace=True) if act else nn.Identity()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(20, 50, 5)
        self.act2 = nn.ReLU(inplace=True) if act else nn.Identity()
        self.pool2 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(50 * 4 * 4, 500)
        self.act3 = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(drop_rate)
        self.fc2 = nn.Linear(500, num_classes)
        _initialize(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores ``[N, num_classes]`` of images ``[N, in_chans, 28, 28]``."""
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = self.drop(self.act3(self.fc1(self.flatten(x))))
        scores: Tensor = self.fc2(x)
        return scores


def lenet5(
    *, num_classes: int = 10, in_chans: int = 1, drop_rate: float = 0.0, conv_relu: bool = False
) -> nn.Module:
    """LeNet-5 as Caffe has it and Deep Compression compresses it; images of 28 x 28.

    Caffe, ``examples/mnist/lenet.prototxt``; Han et al. 2016, "Deep Compression", table 2. After
    LeCun et al. 1998, with max pooling and without partial connections.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the images.
        drop_rate: Dropout before the last layer.
        conv_relu: ReLU after the convolutions too; Caffe has one after the first linear layer only.
    """
    return LeNet5(num_classes=num_classes, in_chans=in_chans, drop_rate=drop_rate, act=conv_relu)


class LeNet300100(nn.Module):
    """Two hidden linear layers; see ``lenet_300_100``."""

    def __init__(self, *, num_classes: int, in_features: int, drop_rate: float) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(in_features, 300)
        self.act1 = nn.ReLU(inplace=True)
        self.fc2 = nn.Linear(300, 100)
        self.act2 = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(drop_rate)
        self.fc3 = nn.Linear(100, num_classes)
        _initialize(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores ``[N, num_classes]`` of ``[N, ...]`` with ``in_features`` elements each."""
        x = self.act1(self.fc1(self.flatten(x)))
        x = self.drop(self.act2(self.fc2(x)))
        scores: Tensor = self.fc3(x)
        return scores


def lenet_300_100(
    *, num_classes: int = 10, in_features: int = 784, drop_rate: float = 0.0
) -> nn.Module:
    """LeNet-300-100: a perceptron with hidden layers of 300 and 100.

    LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III.C.4;
    with ReLU in Han et al. 2016, "Deep Compression", table 2.

    Args:
        num_classes: Number of scores.
        in_features: Elements of one input, whatever its shape.
        drop_rate: Dropout before the last layer.
    """
    return LeNet300100(num_classes=num_classes, in_features=in_features, drop_rate=drop_rate)


def _initialize(module: nn.Module) -> None:
    """Caffe's "xavier" filler: uniform with variance 1 / fan-in; biases start at zero."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="linear")
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
