#!/usr/bin/env python3
"""Makes the golden files of this package: make.py LITE0.onnx OUT_DIR [MODEL...]

Forward values come from onnxruntime, gradients from PyTorch's autograd in float64, traces from PyTorch in float64.
Needs torch, torchvision, onnx, onnxruntime and numpy.

No weights are stored: every tensor of a model, every image and every label is made from its name by fill(), which
golden_test.go has too. MODEL.onnx.gz has zeros for weights; MODEL.json.gz has what is expected of them.
"""
import base64
import gzip
import io
import json
import sys
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
import torchvision
from onnx import numpy_helper

warnings.filterwarnings("ignore")
SAMPLES = 256  # Elements of a gradient that are compared one by one.


def uniform(name, count):
    """count numbers in [-1, 1), exact in float32, from splitmix64 seeded by FNV-1a of the name."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1


def fill(name, shape, offset, scale):
    return (offset + scale * uniform(name, int(np.prod(shape)))).astype(np.float32).reshape(shape)


def export(module, size):
    """The ONNX bytes of a torchvision module whose BatchNorm tensors differ from each other, so that none are merged."""
    with torch.no_grad():
        for name, value in list(module.named_parameters()) + list(module.named_buffers()):
            if value.is_floating_point():
                value.copy_(torch.from_numpy(1 + 0.1 * uniform(name, value.numel())).reshape(value.shape))
    out = io.BytesIO()
    torch.onnx.export(module.eval(), torch.zeros(1, 3, size, size), out, dynamo=False, do_constant_folding=False,
                      training=torch.onnx.TrainingMode.PRESERVE, input_names=["input"], output_names=["logits"],
                      dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}}, opset_version=13)
    return onnx.load_from_string(out.getvalue())


def vgg11_bn():
    """VGG-11-BN at 64 pixels: the last feature map is 2x2, and goes to the classifier without the resampling to 7x7."""
    module = torchvision.models.vgg11_bn(weights=None, num_classes=10)
    module.avgpool = torch.nn.Identity()
    module.classifier[0] = torch.nn.Linear(512 * 2 * 2, 4096)
    return module


def rules(model):
    """How to fill each float initializer: {name: (shape, offset, scale)}."""
    batch_norms = {}
    for node in model.graph.node:
        if node.op_type == "BatchNormalization":
            for name, rule in zip(node.input[1:5], [(1, 0.2), (0, 0.2), (0, 0.2), (1, 0.5)]):
                batch_norms[name] = rule
    found = {}
    for tensor in model.graph.initializer:
        shape = list(tensor.dims)
        if tensor.data_type != onnx.TensorProto.FLOAT or not shape:
            continue
        if tensor.name in batch_norms:
            found[tensor.name] = (shape, *batch_norms[tensor.name])
        elif len(shape) > 1:
            found[tensor.name] = (shape, 0, float(np.sqrt(6 / np.prod(shape[1:]))))
        else:
            found[tensor.name] = (shape, 0, 0.1)
    return found


def filled(model, rule):
    full = onnx.ModelProto()
    full.CopyFrom(model)
    for tensor in full.graph.initializer:
        if tensor.name in rule:
            tensor.CopyFrom(numpy_helper.from_array(fill(tensor.name, *rule[tensor.name]), tensor.name))
    return full


class Net(torch.nn.Module):
    """Runs an ONNX graph in PyTorch."""

    def __init__(self, model, dtype, train_bn):
        super().__init__()
        self.nodes, self.train_bn, self.move = model.graph.node, train_bn, True
        self.input, self.output = model.graph.input[0].name, model.graph.output[0].name
        statistics = {i for n in self.nodes if n.op_type == "BatchNormalization" for i in n.input[3:5]}
        self.params, self.constants = {}, {}
        for tensor in model.graph.initializer:
            value = torch.tensor(numpy_helper.to_array(tensor).copy())
            if value.is_floating_point():
                value = value.to(dtype)
            if value.is_floating_point() and value.ndim > 0 and tensor.name not in statistics:
                self.params[tensor.name] = torch.nn.Parameter(value)
            else:
                self.constants[tensor.name] = value

    def forward(self, x):
        values = {self.input: x, **self.params, **self.constants}
        for node in self.nodes:
            attr = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            inputs = [values[i] if i else None for i in node.input]
            values[node.output[0]] = self.apply_op(node.op_type, inputs, attr)
        return values[self.output]

    def apply_op(self, op, inputs, attr):
        x = inputs[0] if inputs else None
        if op == "Conv":
            top, left, bottom, right = attr.get("pads", [0, 0, 0, 0])
            bias = inputs[2] if len(inputs) > 2 else None
            return F.conv2d(F.pad(x, (left, right, top, bottom)), inputs[1], bias, attr.get("strides", [1, 1]), 0,
                            attr.get("dilations", [1, 1]), attr.get("group", 1))
        if op == "BatchNormalization":
            mean, var = inputs[3:5] if self.move else (inputs[3].clone(), inputs[4].clone())
            return F.batch_norm(x, mean, var, inputs[1], inputs[2], self.train_bn, 1 - attr.get("momentum", 0.9), attr.get("epsilon", 1e-5))
        if op == "MaxPool":
            assert not any(attr.get("pads", [])) or attr["pads"][0] == attr["pads"][2]
            return F.max_pool2d(x, attr["kernel_shape"], attr["strides"], attr.get("pads", [0])[0], ceil_mode=bool(attr.get("ceil_mode", 0)))
        if op == "Clip":
            low, high = (inputs[1].item(), inputs[2].item()) if len(inputs) > 2 else (attr["min"], attr["max"])
            return F.hardtanh(x, low, high)
        if op == "Gemm":
            return F.linear(x, inputs[1] if attr.get("transB", 0) else inputs[1].T, inputs[2])
        simple = {"Relu": F.relu, "Add": lambda a: a + inputs[1], "GlobalAveragePool": lambda a: a.mean((2, 3), keepdim=True),
                  "Flatten": lambda a: a.flatten(1), "Identity": lambda a: a, "Dropout": lambda a: a,
                  "Concat": lambda _: torch.cat(inputs, attr.get("axis")),
                  "Constant": lambda _: torch.tensor(numpy_helper.to_array(attr["value"]).copy())}
        return simple[op](x)


def packed(array):
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def gradients(net, x, labels):
    loss = F.cross_entropy(net(x), labels)
    loss.backward()
    out = {}
    for name, value in net.params.items():
        grad = value.grad.numpy().ravel()
        at = np.linspace(0, grad.size - 1, min(SAMPLES, grad.size)).astype(int)
        out[name] = {"norm": float(np.linalg.norm(grad)), "at": at.tolist() if grad.size > SAMPLES else None, "values": packed(grad[at])}
    return {"loss": loss.item(), "params": out}


def golden(name, model, rule, size, forward_batch):
    full = filled(model, rule)
    session = onnxruntime.InferenceSession(full.SerializeToString())
    logits = []
    for k in range(20):
        x = fill(f"{name}/forward/{k}", (forward_batch, 3, size, size), 0, 2)
        logits.append(session.run(None, {model.graph.input[0].name: x})[0])
    result = {"name": name, "size": size, "forward_batch": forward_batch, "classes": logits[0].shape[1],
              "fill": {n: {"offset": r[1], "scale": r[2]} for n, r in rule.items()}, "logits": packed(np.stack(logits))}
    check = Net(full, torch.float32, False)(torch.from_numpy(fill(f"{name}/forward/0", (forward_batch, 3, size, size), 0, 2)))
    assert np.abs(check.detach().numpy() - logits[0]).max() <= 1e-4 * np.abs(logits[0]).max(), name
    has_bn = any(n.op_type == "BatchNormalization" for n in model.graph.node)
    for mode in ["frozen", "train"] if has_bn else ["frozen"]:
        batch = 2 if mode == "frozen" else 4
        found = stable_gradients(f"{name}/{mode}", full, (batch, 3, size, size), logits[0].shape[1], mode == "train")
        if found:
            result[mode] = found
    return result


def stable_gradients(name, full, shape, classes, train_bn):
    """Gradients in float64 at images where float32 and slightly other weights give the same.

    Images with an activation so near a kink of ReLU6 that rounding decides are no measure of an implementation: others
    are taken until PyTorch agrees with itself. None if it does not with batch statistics, which tie all images together.
    """
    labels = torch.arange(shape[0]) * 3 % classes
    for attempt in range(25):
        images = f"{name}/{attempt}"
        x = torch.from_numpy(fill(images, shape, 0, 2))
        exact = gradients(Net(full, torch.float64, train_bn), x.double(), labels)
        worst = 0.0
        for k in range(4):
            net = Net(full, torch.float32, train_bn)
            with torch.no_grad():
                for n, value in net.params.items():
                    value *= torch.from_numpy(1 + k * 5e-7 * uniform(f"{n}/{k}", value.numel())).float().reshape(value.shape)
            worst = max(worst, difference(exact, gradients(net, x, labels)))
            if worst > 2e-4:
                break
        print(images, "PyTorch against itself:", worst, flush=True)
        if worst <= 2e-4:
            return exact | {"images": images, "batch": shape[0]}
    if not train_bn:
        raise ValueError(f"{name}: no images without an activation at a kink")
    print(f"{name}: left out, every batch has an activation at a kink", flush=True)
    return None


def difference(exact, rounded):
    """The largest relative difference of a parameter's sampled gradient."""
    worst = 0.0
    largest = max(p["norm"] for p in exact["params"].values())
    for name, p in exact["params"].items():
        a, b = (np.frombuffer(base64.b64decode(g["values"]), "<f4").astype(np.float64) for g in (p, rounded["params"][name]))
        if p["norm"] > 1e-9 * largest:
            worst = max(worst, np.linalg.norm(a - b) / np.linalg.norm(a))
    return worst


def trace_batch(step, batch, classes, size):
    """Images of a class are a coarse pattern of its own and noise."""
    labels = np.arange(batch) * 7 % classes
    labels = (labels + step) % classes
    noise = fill(f"trace/noise/{step}", (batch, 3, size, size), 0, 1)
    patterns = np.stack([fill(f"trace/class/{c}", (3, 4, 4), 0, 1) for c in range(classes)])
    coarse = patterns[labels].repeat(size // 4, 2).repeat(size // 4, 3)
    return torch.from_numpy(coarse + noise), torch.from_numpy(labels)


def trace(lite0, sam_from, train_bn, lr, dtype=torch.float64, steps=20, batch=8, classes=10, size=64):
    """Losses of 20 steps of Nesterov SGD, clipped at 5; SAM, rho 0.05, from step sam_from on. lr is one rate, or a list of one each.

    In float64, with a small learning rate: at 1e-3 float32 and float64 part by 1 % within 20 steps in PyTorch itself.
    """
    net = Net(lite0, dtype, train_bn)
    head = [n for n in lite0.graph.node if n.op_type == "Gemm"][0].input[1:]
    features = net.params[head[0]].shape[1]
    net.params[head[0]] = torch.nn.Parameter(torch.from_numpy(fill("trace/head", (classes, features), 0, 0.02)).to(dtype))
    net.params[head[1]] = torch.nn.Parameter(torch.zeros(classes, dtype=dtype))
    params = list(net.params.values())
    rates = lr if isinstance(lr, list) else [lr] * steps
    optimizer = torch.optim.SGD(params, rates[0], momentum=0.9, weight_decay=1e-5, nesterov=True)
    losses, norms = [], []
    for step in range(steps):
        x, y = trace_batch(step, batch, classes, size)
        x = x.to(dtype)
        optimizer.param_groups[0]["lr"] = rates[step]
        optimizer.zero_grad()
        net.move = True
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            norm = torch.sqrt(sum((p.grad**2).sum() for p in params))
            norms.append(norm.item())
        if step >= sam_from:
            with torch.no_grad():
                before = [p.detach().clone() for p in params]
                for p in params:
                    p.add_(p.grad * (0.05 / (norm + 1e-12)))
            optimizer.zero_grad()
            net.move = False
            F.cross_entropy(net(x), y).backward()
            with torch.no_grad():
                for p, old in zip(params, before):
                    p.copy_(old)
        torch.nn.utils.clip_grad_norm_(params, 5.0)
        optimizer.step()
    rate = {"rates": lr} if isinstance(lr, list) else {"lr": lr}
    return rate | {"sam_from": sam_from, "bn": "train" if train_bn else "frozen", "batch": batch, "classes": classes, "size": size, "losses": losses, "grad_norms": norms}


def write(path, data):
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as zipped:
        zipped.write(data)


def main():
    lite0, out, chosen = onnx.load(sys.argv[1]), sys.argv[2], sys.argv[3:]
    torch.set_num_threads(1)
    for axis, dim in zip("HW", lite0.graph.input[0].type.tensor_type.shape.dim[2:]):
        dim.dim_param = axis  # The file says 224; the network takes any multiple of 32.
    makers = {
        "resnet18": lambda: torchvision.models.resnet18(weights=None, num_classes=100),
        "mobilenet_v2": lambda: torchvision.models.mobilenet_v2(weights=None, num_classes=100),
        "squeezenet1_1": lambda: torchvision.models.squeezenet1_1(weights=None, num_classes=100),
        "vgg11_bn": vgg11_bn,
    }
    for name, make in makers.items():
        if chosen and name not in chosen:
            continue
        model = export(make(), 64)
        rule = rules(model)
        result = golden(name, model, rule, 64, 2)
        for tensor in model.graph.initializer:
            if tensor.name in rule:
                tensor.CopyFrom(numpy_helper.from_array(np.zeros(list(tensor.dims), np.float32), tensor.name))
        write(f"{out}/{name}.onnx.gz", model.SerializeToString())
        write(f"{out}/{name}.json.gz", json.dumps(result).encode())
    if not chosen or "efficientnet_lite0" in chosen:
        write(f"{out}/efficientnet_lite0.json.gz", json.dumps(golden("efficientnet_lite0", lite0, {}, 96, 2)).encode())
    if not chosen or "traces" in chosen:
        traces = [trace(lite0, 20, False, 1e-4), trace(lite0, 10, False, 1e-4), trace(lite0, 0, True, 2e-5), trace(lite0, 0, False, 0.01)]
        write(f"{out}/traces.json.gz", json.dumps(traces).encode())
    if not chosen or "recipe" in chosen:
        # A warm-up of 32 steps to 0.02, and a cosine over 12 epochs of 63 steps.
        rates = [0.02 * 0.5 * (1 + np.cos(np.pi * k / (12 * 63))) * min(1, (k + 1) / 32) for k in range(20)]
        write(f"{out}/recipe.json.gz", json.dumps([trace(lite0, 20, False, rates), trace(lite0, 10, False, rates)]).encode())


if __name__ == "__main__":
    main()
