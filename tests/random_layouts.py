"""Random float graphs of operators on planes and rows, with transposes and reshapes in between."""

from dataclasses import dataclass, field

import numpy as np

from mote.ir import DType, Graph, Node, Tensor, verify
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    BatchNorm,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Function,
    LayerNorm,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    Padding,
    PadMode,
    PRelu,
    Relu,
    Reshape,
    Resize,
    Slice,
    Softmax,
    Sub,
    Transpose,
    TransposedConv2D,
    Unary,
)


@dataclass
class Layouts:
    """One random graph in the making; every value is a float32 activation."""

    random: np.random.Generator
    tensors: dict[str, Tensor] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    def input(self, shape: tuple[int, ...]) -> str:
        name = f"x{len(self.values)}"
        self.tensors[name] = Tensor(name, shape, DType.FLOAT32)
        self.values.append(name)
        return name

    def shape(self, name: str) -> tuple[int, ...]:
        return self.tensors[name].shape

    def constant(self, *shape: int) -> str:
        array = self.random.integers(-4, 5, shape).astype(np.float32)
        name = f"c{len(self.tensors)}"
        self.tensors[name] = Tensor(name, array.shape, DType.FLOAT32, data=array)
        return name

    def node(self, op: Op, *inputs: str) -> str:
        name = f"n{len(self.nodes)}_{op.label}"
        result = Tensor(name, op.shape(*map(self.shape, inputs)), DType.FLOAT32)
        problems = op.problems(tuple(self.tensors[t] for t in inputs), result)
        assert not problems, problems
        self.tensors[name] = result
        self.nodes.append(Node(name, op, inputs, name))
        self.values.append(name)
        return name

    def shuffled(self, x: str) -> str:
        """Dimensions in another order."""
        order = self.random.permutation(len(self.shape(x)))
        return self.node(Transpose(permutation=tuple(map(int, order))), x)

    def factored(self, x: str, rank: int) -> str:
        """The same elements under a random shape of ``rank`` dimensions."""
        shape = [1] * rank
        for prime in _primes(self.tensors[x].elements):
            shape[self.random.integers(rank)] *= prime
        return self.node(Reshape(to=tuple(shape)), x)

    def grow(self) -> None:
        """Apply one random operator to a random value."""
        x = str(self.random.choice(self.values[-4:]))
        kind = self.random.integers(18)
        rank = len(self.shape(x))
        if kind <= 2 and rank > 1:
            self.shuffled(x)
        elif kind == 3:
            self.factored(x, int(self.random.integers(1, 6)))
        elif kind == 4 and self.tensors[x].elements <= 4096:
            self._plane(x if rank == 4 else self.factored(x, 4))
        elif kind <= 6:
            self._channels(x if rank == 4 else self.factored(x, 4))
        elif kind == 7:
            self._rows(x if rank == 2 else self.factored(x, 2))
        elif kind <= 9 and 1 <= rank <= 4:
            self._binary(x)
        elif kind == 10 and rank:
            self._concat(x)
        elif kind == 11 and rank:
            self._slice(x)
        elif kind == 12 and 1 <= rank <= 4:
            self._reduce(x)
        elif kind == 13 and rank:
            self._last_axis(x)
        elif kind == 14 and 1 <= rank <= 4:
            self._pad(x)
        elif kind == 15 and 2 <= rank <= 4:
            self._product(x)
        elif kind >= 16 and self.tensors[x].elements <= 2048:
            self._shuffle(x if rank == 4 else self.factored(x, 4))
        else:
            functions = (Function.ABS, Function.NEGATE, Function.TANH, Function.HARD_SWISH)
            self.node(Unary(function=functions[self.random.integers(4)]), x)

    def _plane(self, x: str) -> None:
        pool = MaxPool2D if self.random.integers(2) else AveragePool2D
        _, h, w, _ = self.shape(x)
        kernel = (min(h, int(self.random.integers(1, 3))), min(w, int(self.random.integers(1, 3))))
        if self.random.integers(3):
            self.node(pool(kernel=kernel, stride=(1, 2), activation=Activation.RELU6), x)
        else:
            self.node(Resize(to=(h, min(2 * w, 12))), x)

    def _channels(self, x: str) -> None:
        channels = self.shape(x)[3]
        divisors = [n for n in range(1, channels + 1) if channels % n == 0 and n <= 32]
        depth = int(self.random.choice(divisors))
        outputs = channels // depth * int(self.random.integers(1, 3))
        padding = Padding(1, 1, 1, 1)
        match self.random.integers(5):
            case 0 if channels <= 64:
                weight = self.constant(1, 3, 3, channels * int(self.random.integers(1, 3)))
                op: Op = DepthwiseConv2D(padding=padding)
            case 1:
                self.node(BatchNorm(), x, *(self._positive(channels) for _ in range(4)))
                return
            case 2:
                self.node(PRelu(), x, self.constant(channels))
                return
            case 3 if self.tensors[x].elements <= 2048 and outputs <= 64:
                weight = self.constant(outputs, 1, 2, depth)
                op = TransposedConv2D(stride=(1, 1))
            case _ if outputs <= 64:
                weight = self.constant(outputs, 3, 3, depth)
                op = Conv2D(padding=padding, stride=(1, 2))
            case _:
                return
        bias = self.constant(self.shape(weight)[3 if isinstance(op, DepthwiseConv2D) else 0])
        self.node(op, x, weight, bias)

    def _positive(self, channels: int) -> str:
        name = self.constant(channels)
        array = np.abs(self.tensors[name].array) + 1
        self.tensors[name] = Tensor(name, array.shape, DType.FLOAT32, data=array)
        return name

    def _rows(self, x: str) -> None:
        features = self.shape(x)[1]
        if features <= 256:
            self.node(FullyConnected(), x, self.constant(6, features), self.constant(6))

    def _binary(self, x: str) -> None:
        op = (Add, Mul, Sub)[self.random.integers(3)]()
        same = [v for v in self.values if self.tensors[v].elements == self.tensors[x].elements]
        other = str(self.random.choice(same))
        shape = self.shape(x)
        match self.random.integers(5):
            case 0:
                kept = [n if self.random.integers(2) else 1 for n in shape]
                self.node(op, x, self.constant(*kept[self.random.integers(len(kept)) :]))
            case 1:
                axis = int(self.random.integers(len(shape)))
                self.node(op, x, self.node(Mean(axes=(axis,), keep_dims=True), x))
            case 2 if len(shape) > 1:
                rows = self.node(Mean(axes=tuple(range(1, len(shape)))), x)
                columns = self.node(Mean(axes=(0,), keep_dims=True), x)
                ones = (-1,) + (1,) * (len(shape) - 1)
                self.node(op, self.node(Reshape(to=(shape[0], *ones[1:])), rows), columns)
            case _:
                reshaped = self.node(Reshape(to=shape), other)
                self.node(op, x, reshaped)

    def _concat(self, x: str) -> None:
        shape = self.shape(x)
        axis = int(self.random.integers(len(shape)))
        if self.tensors[x].elements > 2048:
            return
        same = [v for v in self.values if self.tensors[v].elements == self.tensors[x].elements]
        other = self.node(Reshape(to=shape), str(self.random.choice(same)))
        operands = [x, other]
        if self.random.integers(2):
            more = [2 if i == axis else n for i, n in enumerate(shape)]
            operands.insert(int(self.random.integers(3)), self.constant(*more))
        self.node(Concat(axis=axis), *operands)

    def _slice(self, x: str) -> None:
        begins, ends, strides = [], [], []
        for n in self.shape(x):
            begin = int(self.random.integers(n)) if self.random.integers(2) else 0
            whole = self.random.integers(2)
            begins.append(begin)
            ends.append(n if whole else int(self.random.integers(begin + 1, n + 1)))
            strides.append(int(self.random.integers(1, 3)))
        self.node(Slice(begins=tuple(begins), ends=tuple(ends), strides=tuple(strides)), x)

    def _reduce(self, x: str) -> None:
        rank = len(self.shape(x))
        count = int(self.random.integers(1, rank + 1))
        axes = tuple(sorted(map(int, self.random.permutation(rank)[:count])))
        self.node(Mean(axes=axes, keep_dims=bool(self.random.integers(2))), x)

    def _last_axis(self, x: str) -> None:
        n = self.shape(x)[-1]
        match self.random.integers(3):
            case 0:
                self.node(Softmax(beta=0.25), x)
            case 1:
                self.node(LogSoftmax(), x)
            case _:
                self.node(LayerNorm(epsilon=0.5), x, self.constant(n), self.constant(n))

    def _pad(self, x: str) -> None:
        reflect = bool(self.random.integers(2))
        if self.tensors[x].elements > 2048:
            return
        pairs = []
        for n in self.shape(x):
            most = min(3, n) if reflect else 3
            pair = (int(self.random.integers(most)), int(self.random.integers(most)))
            pairs.append(pair if self.random.integers(2) else (0, 0))
        mode = PadMode.REFLECT if reflect else PadMode.CONSTANT
        self.node(Pad(paddings=tuple(pairs), mode=mode, value=0.0 if reflect else 2.5), x)

    def _product(self, x: str) -> None:
        shape = self.shape(x)
        if self.tensors[x].elements > 2048 or shape[-2] > 64:
            return
        if self.random.integers(2):
            self.node(MatMul(transpose_x1=True), x, self.node(Unary(function=Function.TANH), x))
        else:
            turned = (*range(len(shape) - 2), len(shape) - 1, len(shape) - 2)
            other = self.node(Transpose(permutation=turned), x)
            self.node(MatMul(), x, self.node(Relu(), other))

    def _shuffle(self, x: str) -> None:
        """Channels of a layer in another order, beside channels that keep theirs."""
        channels = self.shape(x)[3]
        if channels > 64:
            return
        count = int(self.random.choice([4, 6, 8, 12]))
        kept = self.node(Conv2D(), x, self.constant(count, 1, 1, channels), self.constant(count))
        made = self.node(Conv2D(), x, self.constant(count, 1, 1, channels), self.constant(count))
        if self.random.integers(2):
            made = self.node(Relu(), made)
        if self.random.integers(2):
            made = self.node(BatchNorm(), made, *(self._positive(count) for _ in range(4)))
        if self.random.integers(2):
            made = self.node(Add(), made, self.constant(count))
        if self.random.integers(2):
            made = self.node(
                DepthwiseConv2D(), made, self.constant(1, 1, 1, count), self.constant(count)
            )
        shape = self.shape(made)
        groups = self.node(Reshape(to=(*shape[:3], 2, count // 2)), made)
        swapped = self.node(Transpose(permutation=(0, 1, 2, 4, 3)), groups)
        shuffled = self.node(Reshape(to=shape), swapped)
        match self.random.integers(4):
            case 0:
                self.node(Add(), kept, shuffled)
            case 1:
                joined = self.node(Concat(axis=3), kept, shuffled)
                self.node(
                    Slice(begins=(0, 0, 0, 1), ends=(*shape[:3], count + 3), strides=(1, 1, 1, 2)),
                    joined,
                )
            case 2:
                self.node(Pad(paddings=((0, 0), (0, 0), (0, 0), (1, 2))), shuffled)
            case _:
                pieces = self.shape(made)[3] // 2
                weight = self.constant(pieces * 2, 1, 1, 2)
                self.node(Conv2D(), shuffled, weight, self.constant(pieces * 2))

    def graph(self) -> Graph:
        inputs = tuple(t for t in self.tensors if t.startswith("x"))
        read = {t for n in self.nodes for t in n.inputs}
        outputs = [v for v in self.values if v not in read and v not in inputs]
        outputs += [str(self.random.choice(self.values))] * int(self.random.integers(2))
        outputs = list(dict.fromkeys(outputs)) or [self.values[-1]]
        graph = Graph("g", self.tensors, tuple(self.nodes), inputs, tuple(outputs))
        verify(graph)
        return graph


def _primes(n: int) -> list[int]:
    found, p = [], 2
    while n > 1:
        while n % p == 0:
            found.append(p)
            n //= p
        p += 1
    return found


def random_layout_graph(seed: int, nodes: int = 10) -> Graph:
    """A graph of about so many nodes whose values are seen in many orders."""
    layouts = Layouts(np.random.default_rng(seed))
    shape = [(2, 3, 4, 6), (1, 8, 3, 4), (4, 6, 5), (1, 4, 4, 12), (6, 8)][seed % 5]
    layouts.input(shape)
    if seed % 3 == 0:
        layouts.input(shape)
    while len(layouts.nodes) < nodes:
        layouts.grow()
    return layouts.graph()
