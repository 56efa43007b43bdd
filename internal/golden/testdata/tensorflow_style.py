"""Two networks as tf2onnx writes Keras's models: TensorFlow is not needed, the graphs are written node by node.

What is theirs and not PyTorch's: the images are [N,H,W,C], and a Transpose leads to [N,C,H,W]; padding is SAME, one more
below and to the right where the stride is 2, as auto_pad or in numbers; BatchNormalization is in the convolutions before it
and stays behind others; the classifier is MatMul and Add of a weight [features, classes]; Softmax is the end; names have
slashes and colons. In EfficientNet the preprocessing is part of the graph, before the Transpose, and the shape of what
squeeze and excitation reshape to is computed in int32.
"""
import numpy as np
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import nn

FAMILIES = {"keras_mobilenet": (9, 15), "keras_efficientnet": (13, 18)}  # Opsets of the files.


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's padding, for sizes that the stride divides."""

    def __init__(self, into, out, kernel, stride=1, groups=1, bias=False):
        super().__init__(into, out, kernel, stride, groups=groups, bias=bias)

    def pads(self):
        """Of height: above, below; of width the same."""
        total = max(self.kernel_size[0] - self.stride[0], 0)
        return total // 2, total - total // 2

    def forward(self, x):
        return super().forward(F.pad(x, self.pads() * 2))


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3)


class Block(nn.Module):
    """An inverted residual, with squeeze and excitation if squeezed is not 0."""

    def __init__(self, into, out, kernel, stride, squeezed=0):
        super().__init__()
        wide = 3 * into
        self.expand, self.expand_bn = SameConv(into, wide, 1), norm(wide)
        self.depthwise, self.depthwise_bn = SameConv(wide, wide, kernel, stride, groups=wide), norm(wide)
        if squeezed:
            self.se_reduce, self.se_expand = SameConv(wide, squeezed, 1, bias=True), SameConv(squeezed, wide, 1, bias=True)
        self.project, self.project_bn = SameConv(wide, out, 1), norm(out)
        self.squeezed, self.residual = squeezed, stride == 1 and into == out

    def run(self, g, x):
        y = g.act(g.norm("expand_bn", self.expand_bn, g.conv("expand", self.expand, x)))
        y = g.act(g.norm("dwconv_bn", self.depthwise_bn, g.conv("dwconv", self.depthwise, y)))
        if self.squeezed:
            s = g.squeeze(y)
            s = g.sigmoid(g.conv("se_expand", self.se_expand, g.act(g.conv("se_reduce", self.se_reduce, s))))
            y = g.multiply(y, s)
        y = g.norm("project_bn", self.project_bn, g.conv("project", self.project, y))
        return g.add(x, y) if self.residual else y


class Network(nn.Module):
    """run is the network for both: PyTorch's values, and the nodes of a graph."""

    def __init__(self, blocks, classes, activation):
        super().__init__()
        self.stem, self.stem_bn = SameConv(3, 16, 3, 2), norm(16)
        self.blocks = nn.ModuleList(blocks)
        into, out = blocks[-1].project.out_channels, 128
        self.before_top_bn = norm(into)  # Behind an activation: it stays.
        self.top, self.top_bn = SameConv(into, out, 1), norm(out)
        self.predictions = nn.Linear(out, classes)
        self.activation = activation

    def run(self, g, x):
        x = g.act(g.norm("stem_bn", self.stem_bn, g.conv("stem_conv", self.stem, x)))
        for i, block in enumerate(self.blocks):
            x = block.run(g.inside(f"block{i + 1}/"), x)
        g = g.inside()
        x = g.norm("before_top_bn", self.before_top_bn, g.act(x))
        x = g.act(g.norm("top_bn", self.top_bn, g.conv("top_conv", self.top, x)))
        return g.dense("predictions", self.predictions, g.mean(x))

    def forward(self, x):
        return self.run(Values(self.activation), self.preprocessed(x))

    def preprocessed(self, x):
        return x


class MobileNet(Network):
    def __init__(self, classes):
        super().__init__([Block(16, 16, 3, 1), Block(16, 24, 3, 2), Block(24, 24, 3, 1), Block(24, 40, 3, 2)], classes, F.relu6)

    def write(self, g):
        """The height and width are open, so padding is left to the runtime."""
        g.input("input_1:0", ["unk__1", None, None, 3])
        x = g.nchw("input_1:0")
        return self.run(g, x)


class EfficientNet(Network):
    def __init__(self, classes):
        super().__init__([Block(16, 16, 3, 1, 4), Block(16, 24, 5, 2, 4), Block(24, 24, 3, 1, 6), Block(24, 40, 5, 2, 6)], classes, F.silu)
        for name, value in {"mean": [0.485, 0.456, 0.406], "deviation": [0.479, 0.473, 0.474], "rescale": [1.1, 0.9, 1.2]}.items():
            self.register_buffer(name, torch.tensor(value).reshape(1, 3, 1, 1))

    def preprocessed(self, x):
        return (x * 0.5 + 0.25 - self.mean) / self.deviation * self.rescale

    def write(self, g):
        """Rescaling and Normalization are nodes on [N,H,W,C]; the size is fixed, and padding is in numbers."""
        g.size = 64
        x = g.input("input_1:0", ["unk__1", g.size, g.size, 3])
        for op, name, value in [("Mul", "rescaling/mul", 0.5), ("Add", "rescaling/add", 0.25),
                                ("Sub", "normalization/sub", self.mean.reshape(1, 1, 1, 3)),
                                ("Div", "normalization/truediv", self.deviation.reshape(1, 1, 1, 3)),
                                ("Mul", "rescaling_1/mul", self.rescale.reshape(3))]:
            x = g.node(op, [x, g.constant(name + "/y", np.asarray(value, np.float32))], name)
        return self.run(g, g.nchw(x))


class Values:
    """Computes a network by PyTorch."""

    def __init__(self, activation):
        self.act = activation

    def inside(self, scope=""):
        return self

    def conv(self, name, module, x):
        return module(x)

    norm = conv
    sigmoid = staticmethod(torch.sigmoid)
    multiply = staticmethod(torch.mul)
    add = staticmethod(torch.add)

    def squeeze(self, x):
        return x.mean((2, 3), keepdim=True)

    def mean(self, x):
        return x.mean((2, 3))

    def dense(self, name, module, x):
        return module(x)


class Graph:
    """Writes a network whose BatchNormalization is folded where a convolution is before it."""

    def __init__(self, opset, activation):
        self.opset, self.activation, self.size = opset, activation, None
        self.nodes, self.tensors, self.inputs, self.count = [], [], [], 0
        self.prefix = "StatefulPartitionedCall/model/"

    def inside(self, scope=""):
        self.prefix = f"StatefulPartitionedCall/model/{scope}"
        return self

    def input(self, name, shape):
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def node(self, op, inputs, name, **attributes):
        self.count += 1
        name = f"{self.prefix}{name}__{self.count}"
        self.nodes.append(helper.make_node(op, inputs, [name + ":0"], name, **attributes))
        return name + ":0"

    def constant(self, name, value):
        self.count += 1
        name = f"{self.prefix}{name}__{self.count}:0"
        self.tensors.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def ints(self, name, *values, dtype=np.int64):
        return self.constant(name, np.array(values, dtype))

    def weight(self, name, parameter):
        return self.constant(name, parameter.detach().numpy())

    def nchw(self, x):
        return self.node("Transpose", [x], "transpose", perm=[0, 3, 1, 2])

    def conv(self, name, module, x):
        kernel, stride = list(module.kernel_size), list(module.stride)
        attributes = {"auto_pad": "SAME_UPPER"}
        if self.size:
            begin, end = module.pads()
            attributes = {"pads": [begin, begin, end, end]}
        inputs = [x, self.weight(f"{name}/Conv2D/ReadVariableOp", module.weight), self.weight(f"{name}/Conv2D_bias_fused_bn", module.bias)]
        return self.node("Conv", inputs, f"{name}/Conv2D", kernel_shape=kernel, strides=stride, dilations=[1, 1], group=module.groups, **attributes)

    def norm(self, name, module, x):
        if not isinstance(module, nn.BatchNorm2d):
            return x  # Folded.
        tensors = [self.weight(f"{name}/{n}", getattr(module, n)) for n in ("weight", "bias", "running_mean", "running_var")]
        return self.node("BatchNormalization", [x, *tensors], f"{name}/FusedBatchNormV3", epsilon=module.eps)

    def act(self, x):
        if self.activation is F.silu:
            return self.multiply(x, self.sigmoid(x))
        if self.opset < 11:
            return self.node("Clip", [x], "Relu6", min=0.0, max=6.0)
        return self.node("Clip", [x, self.constant("min", np.float32(0)), self.constant("max", np.float32(6))], "Relu6")

    def sigmoid(self, x):
        return self.node("Sigmoid", [x], "Sigmoid")

    def multiply(self, x, y):
        return self.node("Mul", [x, y], "mul")

    def add(self, x, y):
        return self.node("Add", [x, y], "add")

    def mean(self, x):
        """Of height and width: as GlobalAveragePool if the sizes are open, as ReduceMean else."""
        if not self.size:
            return self.without(self.node("GlobalAveragePool", [x], "avg_pool/Mean"), 2, 3)
        if self.opset < 18:
            return self.node("ReduceMean", [x], "avg_pool/Mean", axes=[2, 3], keepdims=0)
        return self.node("ReduceMean", [x, self.ints("axes", 2, 3)], "avg_pool/Mean", keepdims=0)

    def without(self, x, *axes):
        if self.opset < 13:
            return self.node("Squeeze", [x], "Squeeze", axes=list(axes))
        return self.node("Squeeze", [x, self.ints("axes", *axes)], "Squeeze")

    def squeeze(self, x):
        """The mean, reshaped to [N,1,1,C] by a shape that is computed of N, and transposed; by the rules of opset 13."""
        mean = self.mean(x)
        bias = next(n for n in reversed(self.nodes) if n.op_type == "Conv").input[2]
        channels = next(t for t in self.tensors if t.name == bias).dims[0]
        shape = self.node("Cast", [self.node("Shape", [mean], "se_reshape/Shape")], "se_reshape/Shape", to=TensorProto.INT32)
        cut = [shape, self.ints("begin", 0), self.ints("end", 1), self.ints("axes", 0)]
        n = self.without(self.node("Slice", cut, "se_reshape/strided_slice"), 0)
        n = self.node("Unsqueeze", [n, self.ints("axes", 0)], "se_reshape/Reshape/shape_Unsqueeze")
        parts = [n, *[self.ints("size", size, dtype=np.int32) for size in (1, 1, channels)]]
        target = self.node("Concat", parts, "se_reshape/Reshape/shape_Concat", axis=0)
        target = self.node("Cast", [target], "se_reshape/Reshape", to=TensorProto.INT64)
        return self.nchw(self.node("Reshape", [mean, target], "se_reshape/Reshape"))

    def dense(self, name, module, x):
        product = self.node("MatMul", [x, self.weight(f"{name}/MatMul/ReadVariableOp", module.weight.T)], f"{name}/MatMul")
        total = self.node("Add", [product, self.weight(f"{name}/BiasAdd/ReadVariableOp", module.bias)], f"{name}/BiasAdd")
        self.nodes.append(helper.make_node("Softmax", [total], [name], f"{name}/Softmax", axis=-1 if self.opset > 10 else 1))
        return name


def export(module, images, opset):
    """The ONNX model of a module whose BatchNorm is folded."""
    g = Graph(opset, module.activation)
    output = module.write(g)
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["unk__2", module.predictions.out_features])]
    graph = helper.make_graph(g.nodes, "tf2onnx", g.inputs, outputs, g.tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8, producer_name="tf2onnx")
