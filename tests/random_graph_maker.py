"""Makes random int8 and int16 layers, one behind the other, for graphs of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mote.ir import DType, Node, Quantization, Tensor
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    Embedding,
    FullyConnected,
    LogSoftmax,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    Padding,
    PadMode,
    PRelu,
    Quantize,
    Reshape,
    Resize,
    ResizeMethod,
    Slice,
    Softmax,
    Sub,
    Transpose,
    same_padding,
)
from mote.ir.tensor import Array
from random_functions import random_layer

SOFTMAX_Q = Quantization((1 / 256,), (-128,))
WIDE_SOFTMAX_Q = Quantization((1 / 32768,), (0,))
LOGARITHM_Q = Quantization((16 / 256,), (127,))


@dataclass
class Maker:
    """A graph that grows layer by layer; ``dtype`` is the type of its activations."""

    rng: np.random.Generator
    dtype: DType = DType.INT8
    tensors: list[Tensor] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)

    def plane(self, *, joined: bool) -> Tensor:
        """Layers on [N, H, W, C], then a head; ``joined`` adds a second graph input halfway."""
        rng = self.rng
        shape = (
            int(rng.choice([1, 1, 1, 2])),
            int(rng.integers(1, 14)),
            int(rng.integers(1, 14)),
            int(rng.choice([1, 2, 3, 4, 5, 8, 12, 16])),
        )
        x = self.input(shape)
        for _ in range(int(rng.integers(1, 8))):
            x = self.layer(x)
        if joined:
            other = self.input(x.shape)
            largest = max(x.q.scale, other.q.scale)
            x = self.add(Add(), [x, other], self.quantization(around=largest))
            x = self.layer(x)
        return self.head(x)

    def rows(self) -> Tensor:
        """Fully connected layers on [B, I], as in an autoencoder."""
        rng = self.rng
        if rng.random() < 0.5:
            x = self.embedding()
        else:
            x = self.input((int(rng.choice([1, 1, 3])), int(rng.integers(1, 50))))
        for _ in range(int(rng.integers(1, 6))):
            x = self.residual(x) if rng.random() < 0.2 else self.dense(x, int(rng.integers(1, 30)))
        return self.end(x)

    def input(self, shape: tuple[int, ...]) -> Tensor:
        """A graph input: mostly of the graph's type, at times another behind a quantize node."""
        kind = self.rng.random()
        if kind < 0.85:
            tensor = self.tensor(shape, self.quantization())
            self.inputs.append(tensor.name)
            return tensor
        byte = DType.INT8 if self.is_wide else DType.UINT8
        dtype = byte if kind < 0.92 else DType.FLOAT32
        q = None if dtype is DType.FLOAT32 else self.quantization(dtype)
        tensor = self.tensor(shape, q, dtype)
        self.inputs.append(tensor.name)
        scale = (q.scale if q else 0.05) / (256 if self.is_wide else 1)
        return self.add(Quantize(), [tensor], self.quantization(around=scale))

    @property
    def is_wide(self) -> bool:
        return self.dtype is DType.INT16

    def tensor(
        self, shape: tuple[int, ...], q: Quantization | None, dtype: DType | None = None
    ) -> Tensor:
        return self._keep(Tensor(f"t{len(self.tensors)}", shape, dtype or self.dtype, q))

    def integers(self, *shape: int) -> Array:
        """Values of a constant, over the whole range of the graph's type."""
        return self.rng.integers(*self.dtype.range, shape, self.dtype.numpy, endpoint=True)

    def constant(self, array: Array, q: Quantization | None = None) -> Tensor:
        name = f"t{len(self.tensors)}"
        return self._keep(Tensor(name, array.shape, DType(array.dtype.name), q, array))

    def _keep(self, tensor: Tensor) -> Tensor:
        self.tensors.append(tensor)
        return tensor

    def add(
        self,
        op: Op,
        operands: Sequence[Tensor],
        q: Quantization | None,
        dtype: DType | None = None,
    ) -> Tensor:
        result = self.tensor(op.shape(*(t.shape for t in operands)), q, dtype)
        name = f"n{len(self.nodes)}_{op.kind}"
        self.nodes.append(Node(name, op, tuple(t.name for t in operands), result.name))
        return result

    def quantization(self, dtype: DType | None = None, around: float | None = None) -> Quantization:
        """Scales from 2**-9 to 2, powers of two among them; zero points with the ends favoured.

        int16: scales from 2**-17 to 2**-7, zero points 0.
        """
        rng = self.rng
        dtype = dtype or self.dtype
        low, high = dtype.range
        zero = int(rng.choice([low, high, (low + high + 1) // 2, int(rng.integers(low, high + 1))]))
        scale = float(around or 1) * float(2.0 ** rng.uniform(-1.5, 1.5))
        if around is None:
            scale = float(2.0 ** rng.uniform(-9, 1))
            if rng.random() < 0.2:
                scale = float(2.0 ** rng.integers(-8, 1))
        if dtype is DType.INT16:
            zero, scale = 0, scale / (256 if around is None else 1)
        most = 0.5 if dtype is DType.INT16 else 2.0**12
        scale = min(max(scale, 2.0**-20), most)  # products of products run away
        return Quantization((float(np.float32(scale)),), (zero,))

    def activation(self) -> Activation:
        return list(Activation)[int(self.rng.choice(4, p=[0.5, 0.25, 0.15, 0.1]))]

    def layer(self, x: Tensor) -> Tensor:
        makers = [
            (self.conv, 4),
            (self.depthwise, 3),
            (self.residual, 2),
            (self.pool, 2),
            (self.pad, 1),
            (self.requantize, 0.5),
            (self.reshape_plane, 0.3),
            (self.join, 0.7),
            (self.cut, 0.5),
            (self.turn, 0.3),
            (self.resize, 0.4),
            (self.requantize if self.is_wide else self.function, 0.8),
            (self.residual if self.is_wide else self.prelu, 0.3),  # TFLite has no int16 PReLU
        ]
        weights = np.array([w for _, w in makers])
        choice = int(self.rng.choice(len(makers), p=weights / weights.sum()))
        return makers[choice][0](x)

    def window(
        self, x: Tensor, dilated: bool
    ) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int], Padding]:
        """(kernel, stride, dilation, padding), SAME or VALID, that fit the plane."""
        rng = self.rng
        kernel = (int(rng.integers(1, 5)), int(rng.integers(1, 5)))
        if rng.random() < 0.3:
            kernel = (3, 3)
        stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
        if rng.random() < 0.5:
            stride = (1, 1)
        dilation = (1, 1)
        if dilated and rng.random() < 0.25:
            dilation = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
        fits = all(
            (k - 1) * d + 1 <= n for k, d, n in zip(kernel, dilation, x.shape[1:3], strict=True)
        )
        if fits and rng.random() < 0.5:
            return kernel, stride, dilation, Padding()
        rows = same_padding(x.shape[1], kernel[0], stride[0], dilation[0])
        columns = same_padding(x.shape[2], kernel[1], stride[1], dilation[1])
        return kernel, stride, dilation, Padding(*rows, *columns)

    def weights(self, shape: tuple[int, ...], axis: int, x: Tensor) -> tuple[Tensor, Tensor, float]:
        """(weights, bias, typical size of the result); scales vary, some weights are zero."""
        rng = self.rng
        array = rng.integers(-127, 128, shape).astype(np.int8)
        if rng.random() < 0.1:
            array = rng.choice([-128, 127], shape).astype(np.int8)
        channels = shape[axis]
        base = 2.0 ** rng.uniform(-9, -4)
        scales = (base * 2.0 ** rng.uniform(-2, 2, channels)).astype(np.float32)
        if rng.random() < 0.1:
            dead = int(rng.integers(channels))
            np.moveaxis(array, axis, 0)[dead] = 0
            scales[dead] = 2.0 ** rng.uniform(-30, -10)
        per_tensor = rng.random() < 0.2
        scale_list = [float(s) for s in (scales[:1] if per_tensor else scales)]
        q = Quantization(tuple(scale_list), (0,) * len(scale_list), None if per_tensor else axis)
        depth = int(np.prod(shape)) // channels
        bias = rng.integers(-2000, 2000, channels).astype(np.int32)
        typical = x.q.scale * float(base) * 73 * 73 * depth**0.5 / 24
        bias = bias.astype(np.int64 if self.is_wide else np.int32)
        return self.constant(array, q), self.constant(bias), typical

    def conv(self, x: Tensor) -> Tensor:
        rng = self.rng
        kernel, stride, dilation, padding = self.window(x, dilated=True)
        if rng.random() < 0.3:
            kernel, stride, dilation, padding = (1, 1), (1, 1), (1, 1), Padding()
        channels = x.shape[3]
        divisors = [g for g in range(1, channels + 1) if channels % g == 0]
        groups = int(rng.choice(divisors)) if rng.random() < 0.15 else 1
        outputs = groups * int(rng.integers(1, 5 if groups > 1 else 18))
        shape = (outputs, *kernel, channels // groups)
        weight, bias, typical = self.weights(shape, 0, x)
        op = Conv2D(stride=stride, dilation=dilation, padding=padding, activation=self.activation())
        return self.add(op, [x, weight, bias], self.quantization(around=typical))

    def depthwise(self, x: Tensor) -> Tensor:
        kernel, stride, dilation, padding = self.window(x, dilated=True)
        multiplier = int(self.rng.choice([1, 1, 1, 2, 3]))
        shape = (1, *kernel, x.shape[3] * multiplier)
        weight, bias, typical = self.weights(shape, 3, x)
        op = DepthwiseConv2D(
            stride=stride, dilation=dilation, padding=padding, activation=self.activation()
        )
        return self.add(op, [x, weight, bias], self.quantization(around=typical))

    def residual(self, x: Tensor) -> Tensor:
        """Sum, difference or product with an earlier tensor of the same shape, itself, or a
        broadcast constant."""
        rng = self.rng
        same = [
            t
            for t in self.tensors
            if t.shape == x.shape and t.dtype is x.dtype and not t.is_constant
        ]
        other = same[int(rng.integers(len(same)))]
        if rng.random() < 0.15:
            ones = (1,) * (len(x.shape) - 1)
            shape = (*ones, x.shape[-1]) if rng.random() < 0.5 else (x.shape[-1],)
            array = self.integers(*shape)
            other = self.constant(array, self.quantization(around=x.q.scale))
        operands = [x, other] if rng.random() < 0.5 else [other, x]
        if rng.random() < 0.2:
            typical = 40 * operands[0].q.scale * operands[1].q.scale
            return self.add(Mul(self.activation()), operands, self.quantization(around=typical))
        largest = max(t.q.scale for t in operands)
        kind = Sub if rng.random() < 0.25 else Add
        return self.add(
            kind(activation=self.activation()), operands, self.quantization(around=largest)
        )

    def pool(self, x: Tensor) -> Tensor:
        kernel, stride, _, padding = self.window(x, dilated=False)
        kind = AveragePool2D if self.rng.random() < 0.6 else MaxPool2D
        op = kind(kernel=kernel, stride=stride, padding=padding, activation=self.activation())
        return self.add(op, [x], x.quantization)

    def pad(self, x: Tensor) -> Tensor:
        sides = self.rng.integers(0, 3, (4, 2))
        sides[0] = 0
        sides[3] *= int(self.rng.random() < 0.3)
        mode = PadMode.CONSTANT
        if self.rng.random() < 0.3:
            mode = PadMode.REFLECT
            sides = np.minimum(sides, np.array(x.shape)[:, None] - 1)
        op = Pad(tuple((int(a), int(b)) for a, b in sides), mode)
        return self.add(op, [x], x.quantization)

    def requantize(self, x: Tensor) -> Tensor:
        return self.add(Quantize(), [x], self.quantization(around=x.q.scale))

    def reshape_plane(self, x: Tensor) -> Tensor:
        batch, height, width, channels = x.shape
        return self.add(Reshape(to=(batch, width, height, channels)), [x], x.quantization)

    def join(self, x: Tensor) -> Tensor:
        """Concatenation along the channels with earlier tensors of the plane, rescaled to x."""
        rng = self.rng
        planes = [
            t
            for t in self.tensors
            if t.shape[:-1] == x.shape[:-1] and t.dtype is x.dtype and not t.is_constant
        ]
        operands = [x]
        for _ in range(int(rng.integers(1, 3))):
            other = planes[int(rng.integers(len(planes)))]
            if other.quantization != x.quantization:
                other = self.add(Quantize(), [other], x.quantization)
            operands.append(other)
        if rng.random() < 0.2:
            shape = (*x.shape[:-1], int(rng.integers(1, 4)))
            array = self.integers(*shape)
            operands.append(self.constant(array, x.quantization))
        rng.shuffle(operands)
        return self.add(Concat(3), operands, x.quantization)

    def cut(self, x: Tensor) -> Tensor:
        """A part of the plane or its channels, at times every second element."""
        rng = self.rng
        begins = [int(rng.integers(n)) if rng.random() < 0.3 else 0 for n in x.shape]
        begins[0] = 0
        strides = [1, *(int(rng.choice([1, 1, 2])) for _ in range(3))]
        ends = [
            int(rng.integers(b + 1, n + 1)) if i and rng.random() < 0.3 else n
            for i, (b, n) in enumerate(zip(begins, x.shape, strict=True))
        ]
        return self.add(Slice(tuple(begins), tuple(ends), tuple(strides)), [x], x.quantization)

    def turn(self, x: Tensor) -> Tensor:
        order = (0, *(1 + int(i) for i in self.rng.permutation(3)))
        return self.add(Transpose(order), [x], x.quantization)

    def resize(self, x: Tensor) -> Tensor:
        rng = self.rng
        height, width = (int(n) for n in rng.integers(1, 14, 2))
        method = list(ResizeMethod)[int(rng.integers(2))]
        corners = bool(rng.random() < 0.3)
        centers = not corners and bool(rng.random() < 0.5)
        op = Resize((height, width), method, align_corners=corners, half_pixel_centers=centers)
        return self.add(op, [x], x.quantization)

    def function(self, x: Tensor) -> Tensor:
        op, q = random_layer(self.rng, x.q, self.quantization(around=x.q.scale))
        return self.add(op, [x], q)

    def prelu(self, x: Tensor) -> Tensor:
        array = self.rng.integers(-128, 128, x.shape[3]).astype(np.int8)
        alpha = self.constant(array, self.quantization(around=0.005))
        return self.add(PRelu(), [x, alpha], self.quantization(around=x.q.scale))

    def embedding(self) -> Tensor:
        """Rows of a table, by indices that are a graph input."""
        rng = self.rng
        indices = self.tensor((int(rng.choice([1, 1, 3])),), None, DType.INT32)
        self.inputs.append(indices.name)
        array = self.integers(*(int(n) for n in rng.integers(1, 30, 2)))
        table = self.constant(array, self.quantization())
        return self.add(Embedding(), [indices, table], table.quantization)

    def head(self, x: Tensor) -> Tensor:
        """What ends a network: mean or flattening, fully connected, then ``end``."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.25:
            return x
        if kind < 0.6:
            axes = [(1, 2), (1, 2), (1,), (2,), (3,), (1, 2, 3), (2, 3)][int(rng.integers(7))]
            op = Mean(axes=axes, keep_dims=bool(rng.random() < 0.5))
            x = self.add(op, [x], self.quantization(around=x.q.scale / 2))
        if rng.random() < 0.8:
            batch = x.shape[0]
            depth = x.elements // batch
            flat = x
            if x.shape != (batch, depth):
                flat = self.add(Reshape(to=(batch, depth)), [x], x.quantization)
            x = self.dense(flat, int(rng.integers(1, 20)))
        return self.end(x)

    def dense(self, x: Tensor, outputs: int) -> Tensor:
        weight, bias, typical = self.weights((outputs, x.shape[1]), 0, x)
        op = FullyConnected(activation=self.activation())
        return self.add(op, [x, weight, bias], self.quantization(around=typical))

    def end(self, x: Tensor) -> Tensor:
        """Softmax or its logarithm, and another type of output."""
        rng = self.rng
        if rng.random() < 0.15 and not self.is_wide:  # TFLite has no int16 logarithm
            x = self.add(LogSoftmax(), [x], LOGARITHM_Q)
        elif rng.random() < 0.4 and (not self.is_wide or x.q.scale < 2.0**-4):
            q = WIDE_SOFTMAX_Q if self.is_wide else SOFTMAX_Q
            x = self.add(Softmax(beta=float(rng.choice([1.0, 1.0, 0.5, 2.0]))), [x], q)
        if rng.random() < 0.15:
            x = self.add(Dequantize(), [x], None, DType.FLOAT32)
        elif rng.random() < 0.1:
            to = DType.INT8 if self.is_wide else DType.UINT8
            around = x.q.scale * (256 if self.is_wide else 1)
            x = self.add(Quantize(), [x], self.quantization(to, around), to)
        return x
