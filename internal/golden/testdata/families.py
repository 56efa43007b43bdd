#!/usr/bin/env python3
"""Makes the golden files of model families: families.py OUT_DIR [FAMILY...]

Each family is built by torchvision's or timm's own classes, narrower and shallower than the models people download, but
with every kind of block and connection that those have. Both of PyTorch's exporters write it: TorchScript with
BatchNormalization as it is and with BatchNormalization folded into convolutions, which is what it does unless told
otherwise, and dynamo, which always folds. FURTHER has two more files of each family, so that every opset from 7 to 22
occurs. Files of opset 7 and 8 are like those of their time: for one image, and with the weights among the inputs.
Families in the style of tf2onnx are of tensorflow_style.py.

Logits are onnxruntime's, of each file. Gradients are those of the torch module itself in float64, so no reading of the
ONNX graph stands between. Of a gradient the norm is kept, and its products with PROJECTIONS random vectors, which
measure the length of any difference, wherever it is.

FAMILY.EXPORTER.onnx.gz has zeros for weights, and no doc strings and metadata, where the dynamo exporter writes stack
traces. FAMILY.json.gz says how to fill the weights and what is expected. Needs torch, torchvision, timm, onnx,
onnxscript and onnxruntime.
"""
import copy
import functools
import io
import json
import sys
import types
import warnings
from unittest import mock

import numpy as np
import onnx
import onnxruntime
import timm
import torch
import torch.nn.functional as F
import torchvision.models as tv
from onnx import numpy_helper
from timm.layers import ScaledStdConv2d
from timm.models.nfnet import NfCfg, NormFreeNet
from torch import nn
from torchvision.models.googlenet import BasicConv2d, Inception

import tensorflow_style
from make import fill, packed, uniform, write

warnings.filterwarnings("ignore")
PROJECTIONS, BATCH, CLASSES, FORWARD_BATCHES = 12, 2, 10, 3
STEADY = 2e-4  # How far PyTorch's own gradients may be apart, a fifth of what is asked.


def resnet(**kwargs):
    """A quarter as wide, one block a stage, two in one of them; bottlenecks as in ResNet-50 and its kin."""
    return timm.models.ResNet(timm.models.resnet.Bottleneck, [1, 2, 1, 1], CLASSES, channels=(16, 32, 64, 128), **kwargs)


def pooled_to(side, module):
    """Adaptive pooling to what is left at fewer than 224 pixels, and a classifier with 64 hidden features."""
    channels = [m for m in module.features if isinstance(m, nn.Conv2d)][-1].out_channels
    module.avgpool = nn.AdaptiveAvgPool2d(side)
    module.classifier = nn.Sequential(nn.Linear(channels * side * side, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 64), nn.ReLU(),
                                      nn.Dropout(), nn.Linear(64, CLASSES))
    return module


def vgg(norm):
    """VGG-11 with an eighth of the channels."""
    features = tv.vgg.make_layers([8, "M", 16, "M", 32, 32, "M", 64, 64, "M", 64, 64, "M"], batch_norm=norm)
    return pooled_to(2, tv.VGG(features, init_weights=False))


class QuarterConv(tv.inception.BasicConv2d):
    """Convolution, BatchNorm and ReLU with a quarter of the channels."""

    def __init__(self, into, out, **kwargs):
        super().__init__(into if into == 3 else into // 4, out // 4, **kwargs)


class QuarterConvOfGoogLeNet(BasicConv2d):
    def __init__(self, into, out, **kwargs):
        super().__init__(into if into == 3 else into // 4, out // 4, **kwargs)


def googlenet():
    def inception(*args):
        return Inception(*args, conv_block=QuarterConvOfGoogLeNet)

    module = tv.GoogLeNet(CLASSES, aux_logits=False, transform_input=True, init_weights=False, blocks=[QuarterConvOfGoogLeNet, inception, None])
    module.fc = nn.Linear(1024 // 4, CLASSES)
    return module


def inception_v3():
    def narrow(block):
        return lambda *args, **kwargs: block(*args, conv_block=QuarterConv, **kwargs)

    i = tv.inception
    blocks = [QuarterConv, *map(narrow, [i.InceptionA, i.InceptionB, i.InceptionC, i.InceptionD, i.InceptionE]), None]
    module = tv.Inception3(CLASSES, aux_logits=False, transform_input=True, inception_blocks=blocks, init_weights=False)
    module.fc = nn.Linear(2048 // 4, CLASSES)
    return module


def mobilenet_v3(size):
    """Half as wide, and of blocks that repeat one is left."""
    settings, last = tv.mobilenetv3._mobilenet_v3_conf(f"mobilenet_v3_{size}", width_mult=0.5)
    alike = [tuple(vars(s).values()) for s in settings]
    return tv.MobileNetV3([s for k, s in enumerate(settings) if alike[k] not in alike[:k]], last, CLASSES)


def efficientnet_b0():
    """Half as wide, half as deep."""
    settings, last = tv.efficientnet._efficientnet_conf("efficientnet_b0", width_mult=0.5, depth_mult=0.5)
    return tv.EfficientNet(settings, 0.2, num_classes=CLASSES, last_channel=last)


def efficientnet_v2_s():
    """Each stage with half of the channels and one block, two in those that keep the resolution."""
    fused, block = tv.efficientnet.FusedMBConvConfig, tv.efficientnet.MBConvConfig
    settings = [fused(1, 3, 1, 16, 16, 1), fused(4, 3, 2, 16, 24, 2), fused(4, 3, 2, 24, 32, 1),
                block(4, 3, 2, 32, 64, 1), block(6, 3, 1, 64, 80, 2), block(6, 3, 2, 80, 128, 1)]
    return tv.EfficientNet(settings, 0.2, num_classes=CLASSES, norm_layer=lambda c: nn.BatchNorm2d(c, eps=1e-3), last_channel=320)


def regnet(**kwargs):
    """RegNet 400MF by its design rules, shallower."""
    parameters = tv.regnet.BlockParams.from_init_params(depth=8, w_0=24, w_a=36.0, w_m=2.5, group_width=8, **kwargs)
    return tv.RegNet(parameters, num_classes=CLASSES)


def convnext():
    """A third as wide, a block or two a stage."""
    setting = tv.convnext.CNBlockConfig
    return tv.ConvNeXt([setting(32, 64, 1), setting(64, 128, 1), setting(128, 256, 2), setting(256, None, 1)], num_classes=CLASSES)


def of_timm(name, **kwargs):
    return timm.create_model(name, num_classes=CLASSES, **kwargs)


def nfnet():
    """ECA-NFNet-L0's blocks with the other NFNets' second 3x3 convolution, an eighth as wide."""
    settings = NfCfg(depths=(1, 2, 1, 1), channels=(32, 64, 128, 128), stem_type="deep_quad", stem_chs=32, group_size=8, bottle_ratio=0.25,
                     extra_conv=True, num_features=192, attn_layer="eca", attn_kwargs={})
    return NormFreeNet(settings, CLASSES)


class NormalizedConv2d(nn.Conv2d):
    """A convolution by g*v/|v|, as torch.nn.utils.weight_norm makes of it; v is called weight."""

    def __init__(self, into, out, kernel, stride, groups=1):
        super().__init__(into, out, kernel, stride, kernel // 2, groups=groups)
        self.gain = nn.Parameter(torch.ones(out, 1, 1, 1))

    def made(self):
        return torch._weight_norm(self.weight, self.gain, 0)

    def forward(self, x):
        return F.conv2d(x, self.made(), self.bias, self.stride, self.padding, self.dilation, self.groups)


class NormalizedLinear(nn.Linear):
    def __init__(self, into, out):
        super().__init__(into, out)
        self.gain = nn.Parameter(torch.ones(out, 1))

    def made(self):
        return torch._weight_norm(self.weight, self.gain, 0)

    def forward(self, x):
        return F.linear(x, self.made(), self.bias)


def normalized_weights():
    """Weight normalization of each kind of layer; the dynamo exporter leaves that of the larger ones in the file."""
    return nn.Sequential(NormalizedConv2d(3, 32, 3, 2), nn.SiLU(), NormalizedConv2d(32, 64, 3, 2), nn.SiLU(), NormalizedConv2d(64, 64, 3, 2, groups=2), nn.SiLU(),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), NormalizedLinear(64, 160), nn.SiLU(), nn.Linear(160, CLASSES))


SWIN = {"img_size": 64, "window_size": 4, "embed_dim": 32, "depths": (2, 2, 1, 1), "num_heads": (1, 2, 4, 8)}

FAMILIES = {  # Name: (size, constructor).
    "resnet": (64, lambda: resnet()),
    "resnext": (64, lambda: resnet(cardinality=8, base_width=16)),
    "wide_resnet": (64, lambda: resnet(base_width=128)),
    "densenet": (64, lambda: tv.DenseNet(block_config=(2, 2, 2, 2), num_classes=CLASSES)),
    "vgg": (64, lambda: vgg(False)),
    "vgg_bn": (64, lambda: vgg(True)),
    "alexnet": (128, lambda: pooled_to(3, tv.AlexNet(CLASSES))),
    "squeezenet1_0": (64, lambda: tv.SqueezeNet("1_0", CLASSES)),
    "googlenet": (64, googlenet),
    "inception_v3": (96, inception_v3),
    "mobilenet_v2": (64, lambda: tv.MobileNetV2(CLASSES, width_mult=0.5)),
    "mobilenet_v3_small": (64, lambda: mobilenet_v3("small")),
    "mobilenet_v3_large": (64, lambda: mobilenet_v3("large")),
    "mnasnet": (64, lambda: tv.MNASNet(0.5, CLASSES)),
    "shufflenet_v2": (64, lambda: tv.ShuffleNetV2([2, 3, 2], [24, 48, 96, 192, 256], CLASSES)),
    "efficientnet_b0": (64, efficientnet_b0),
    "efficientnet_v2_s": (64, efficientnet_v2_s),
    "efficientnet_lite0": (64, lambda: of_timm("efficientnet_lite0")),
    "regnet_x": (64, lambda: regnet()),
    "regnet_y": (64, lambda: regnet(se_ratio=0.25)),
    "convnext": (64, convnext),
    "convnext_timm": (64, lambda: of_timm("convnext_tiny", depths=(1, 1, 2, 1), dims=(32, 64, 128, 256))),
    "vit": (64, lambda: of_timm("vit_tiny_patch16_224", img_size=64, depth=3)),
    "vit_torchvision": (64, lambda: tv.VisionTransformer(64, 16, 3, 3, 96, 384, num_classes=CLASSES)),
    "deit": (64, lambda: of_timm("deit_tiny_distilled_patch16_224", img_size=64, depth=3)),
    "swin": (64, lambda: of_timm("swin_tiny_patch4_window7_224", **SWIN)),
    "swin_torchvision": (64, lambda: tv.SwinTransformer([4, 4], 32, [2, 2, 1, 1], [1, 2, 4, 8], [4, 4], num_classes=CLASSES)),
    "nfnet": (64, nfnet),
    "normalized_weights": (64, normalized_weights),
    "keras_mobilenet": (64, lambda: tensorflow_style.MobileNet(CLASSES)),
    "keras_efficientnet": (64, lambda: tensorflow_style.EfficientNet(CLASSES)),
}


def attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False):
    weights = q * q.shape[-1] ** -0.5 @ k.transpose(-2, -1)
    return (weights if attn_mask is None else weights + attn_mask).softmax(-1) @ v


def by_torchscript(module, images, opset, **options):
    """Of TorchScript's exporter; before opset 9 for one image and with weights among the inputs, as files were then.

    It writes attention from opset 14 on; before, models had it written out.
    """
    out, old = io.BytesIO(), opset < 9
    axes = {} if old else {"input": {0: "N"}, "logits": {0: "N"}}
    with mock.patch.object(F, "scaled_dot_product_attention", F.scaled_dot_product_attention if opset >= 14 else attention):
        torch.onnx.export(module, images[:1] if old else images, out, dynamo=False, input_names=["input"], output_names=["logits"],
                          dynamic_axes=axes, opset_version=opset, keep_initializers_as_inputs=old, **options)
    model = onnx.load_from_string(out.getvalue())
    if old:
        model.ir_version = 3
    return model


def torchscript(module, images, opset=17):
    """With BatchNormalization as it is."""
    return by_torchscript(module, images, opset, do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE)


def torchscript_folded(module, images, opset=14):
    """As most files are; before opset 17 layer normalization and Gelu are written out."""
    return by_torchscript(module, images, opset)


def dynamo(module, images, opset=20):
    return torch.onnx.export(module, (images,), dynamo=True, input_names=["input"], output_names=["logits"], opset_version=opset,
                             dynamic_shapes=({0: torch.export.Dim("N")},), verbose=False).model_proto


EXPORTERS = {e.__name__: e for e in (torchscript, torchscript_folded, dynamo)}

FURTHER = {  # By family, its other files: an old and a new one, each an exporter with an opset that is not its own.
    "resnet": ["torchscript_7", "dynamo_21"],
    "resnext": ["torchscript_9", "dynamo_22"],
    "wide_resnet": ["torchscript_folded_10", "dynamo_22"],
    "densenet": ["torchscript_8", "torchscript_15"],
    "vgg": ["torchscript_folded_13", "torchscript_folded_16"],
    "vgg_bn": ["torchscript_7", "dynamo_22"],
    "alexnet": ["torchscript_8", "dynamo_18"],
    "squeezenet1_0": ["torchscript_7", "dynamo_21"],
    "googlenet": ["torchscript_7", "dynamo_19"],
    "inception_v3": ["torchscript_8", "torchscript_folded_16"],
    "mobilenet_v2": ["torchscript_7", "dynamo_19"],
    "mobilenet_v3_small": ["torchscript_folded_12", "dynamo_21"],
    "mobilenet_v3_large": ["torchscript_11", "torchscript_folded_15"],
    "mnasnet": ["torchscript_10", "torchscript_18"],
    "shufflenet_v2": ["torchscript_8", "dynamo_18"],
    "efficientnet_b0": ["torchscript_folded_9", "torchscript_19"],
    "efficientnet_v2_s": ["torchscript_folded_12", "torchscript_16"],
    "efficientnet_lite0": ["torchscript_folded_11", "dynamo_22"],
    "regnet_x": ["torchscript_13", "dynamo_22"],
    "regnet_y": ["torchscript_10", "torchscript_folded_15"],
    "convnext": ["torchscript_folded_9", "dynamo_21"],
    "convnext_timm": ["torchscript_12", "torchscript_folded_18"],
    "vit": ["torchscript_folded_9", "dynamo_18"],
    "vit_torchvision": ["torchscript_folded_13", "torchscript_folded_19"],
    "deit": ["torchscript_folded_12", "torchscript_16"],
    "swin": ["torchscript_folded_11", "torchscript_folded_15"],
    "swin_torchvision": ["torchscript_folded_13", "dynamo_19"],
    "nfnet": ["torchscript_12", "dynamo_21"],
    "normalized_weights": ["torchscript_11", "torchscript_folded_16"],
}


def files(name):
    """How a family is written: for the name of each file, what makes it of a module and images."""
    if name in tensorflow_style.FAMILIES:
        return {f"tf2onnx_{opset}": functools.partial(tensorflow_style.export, opset=opset) for opset in tensorflow_style.FAMILIES[name]}
    further = [file.rsplit("_", 1) for file in FURTHER[name]]
    return EXPORTERS | {f"{exporter}_{opset}": functools.partial(EXPORTERS[exporter], opset=int(opset)) for exporter, opset in further}


def tensors(module):
    """The named floats of a module: parameters, and running statistics."""
    statistics = [(n, b) for n, b in module.named_buffers() if n.endswith(("running_mean", "running_var"))]
    return dict(list(module.named_parameters()) + statistics)


def folded(module, images):
    """A module that computes the same with what the dynamo exporter folds as parameters of its own.

    That is BatchNorm after convolutions, whose weights then contain it, and Swin's position biases, looked up in tables.
    """
    module = copy.deepcopy(module)
    made, pairs, hooks = {}, [], []
    names = {m: n for n, m in module.named_modules()}

    def note(m, inputs, output):
        if isinstance(m, nn.Conv2d):
            made[id(output)] = (m, output)
        elif isinstance(m, nn.BatchNorm2d) and id(inputs[0]) in made:
            pairs.append((made[id(inputs[0])][0], m))

    for m in module.modules():
        hooks.append(m.register_forward_hook(note))
    with torch.no_grad():
        module(images)
    for hook in hooks:
        hook.remove()
    for conv, norm in pairs:
        module.set_submodule(names[conv], nn.utils.fusion.fuse_conv_bn_eval(conv, norm))
        module.set_submodule(names[norm], nn.Sequential(*[getattr(norm, a) for a in ("drop", "act") if hasattr(norm, a)]))
    for m in module.modules():
        if hasattr(m, "relative_position_bias_table"):
            look_up = "_get_rel_pos_bias" if hasattr(m, "_get_rel_pos_bias") else "get_relative_position_bias"
            m.position_bias = nn.Parameter(getattr(m, look_up)().detach())
            setattr(m, look_up, types.MethodType(lambda self: self.position_bias, m))  # A method is copied with its module.
            del m.relative_position_bias_table
    return module.requires_grad_()


def made(module, model):
    """A module that computes the same with what the exporter computed of its weights as parameters of its own.

    That is weights that are standardized or normalized, where the file has them so, and the products of gains and constants.
    """
    module = copy.deepcopy(module)
    held = [numpy_helper.to_array(i) for i in model.graph.initializer]

    def held_as(tensor):
        value = tensor.detach().numpy()
        like = (h for h in held if h.dtype == np.float32 and h.size == value.size and np.allclose(h.ravel(), value.ravel(), 1e-4, 1e-4))
        return next((nn.Parameter(torch.from_numpy(h.reshape(value.shape).copy())) for h in like), None)

    for name, m in list(module.named_modules()):
        if isinstance(m, ScaledStdConv2d):
            weight = F.batch_norm(m.weight.reshape(1, m.out_channels, -1), None, None, (m.gain * m.scale).view(-1), None, True, 0.0, m.eps).reshape_as(m.weight)
            weight = held_as(weight)
            if weight is not None:
                plain = nn.Conv2d(m.in_channels, m.out_channels, m.kernel_size, m.stride, m.padding, m.dilation, m.groups)
                plain.weight, plain.bias = weight, m.bias
                module.set_submodule(name, plain)
            else:
                m.gain, m.scaled, m.scale = nn.Parameter((m.gain * m.scale).detach()), m.scale, 1.0
        elif isinstance(m, (NormalizedConv2d, NormalizedLinear)):
            weight = held_as(m.made())
            if weight is None:
                continue
            if isinstance(m, nn.Conv2d):
                plain = nn.Conv2d(m.in_channels, m.out_channels, m.kernel_size, m.stride, m.padding, m.dilation, m.groups)
            else:
                plain = nn.Linear(m.in_features, m.out_features)
            plain.weight, plain.bias = weight, m.bias
            module.set_submodule(name, plain)
    return module.requires_grad_()


def copies(model, module):
    """Initializers that are copies of weights, as rows of inputs: an exporter computes statistics of them that nobody reads."""
    found = {}
    for name, tensor in tensors(module).items():
        if tensor.ndim == 4:
            rows = np.ascontiguousarray(tensor.detach().numpy().reshape(len(tensor), -1).T)[None]
            for initializer in model.graph.initializer:
                if list(initializer.dims) == list(rows.shape) and np.array_equal(numpy_helper.to_array(initializer), rows):
                    found[initializer.name] = name
    return found


def sources(model, module):
    """Which tensor of the module each initializer is; None if the file lacks one of the module."""
    found = {}
    wanted = {name: value.detach().numpy() for name, value in tensors(module).items()}
    for initializer in model.graph.initializer:
        value = numpy_helper.to_array(initializer)
        for name, tensor in wanted.items():
            if value.dtype == np.float32 and value.size == tensor.size:
                straight = np.squeeze(value).shape in (np.squeeze(tensor).shape, np.squeeze(tensor.reshape(len(tensor), -1)).shape)
                if straight and np.allclose(value.ravel(), tensor.ravel(), 1e-5, 1e-6):
                    found[initializer.name] = {"name": name, "transposed": False}
                elif value.ndim == tensor.ndim == 2 and value.shape == tensor.T.shape and np.allclose(value, tensor.T, 1e-5, 1e-6):
                    found[initializer.name] = {"name": name, "transposed": True}
    names = [source["name"] for source in found.values()]
    assert len(set(names)) == len(names), "a tensor was written twice"
    missing = set(wanted) - set(names)
    return found if not missing else None


def rules(module):
    """How to fill each tensor of a module: {name: (offset, scale)}."""
    found = {}
    for prefix, m in module.named_modules():
        own = {n: v for n, v in tensors(m).items() if "." not in n}
        for name, value in own.items():
            if isinstance(m, (nn.BatchNorm2d, nn.LayerNorm)):
                rule = {"weight": (1, 0.2), "bias": (0, 0.2), "running_mean": (0, 0.2), "running_var": (1, 0.5)}[name]
            elif isinstance(m, (nn.Conv2d, nn.Linear)) and name == "weight":
                rule = (0, float(np.sqrt(6 / np.prod(value.shape[1:]))))
            elif name == "gain":  # Of weight standardization and normalization.
                scale = float(getattr(m, "scaled", 1))
                rule = (scale, 0.2 * scale)
            elif name in ("gamma", "layer_scale"):
                rule = (0.5, 0.2)
            else:
                rule = (0, 0.1)
            found[f"{prefix}.{name}" if prefix else name] = rule
    return found


def filled(module, rule, dtype=torch.float32, seed=0):
    """The module with its tensors filled, and changed by up to seed·5e-7 of themselves."""
    module = copy.deepcopy(module).to(dtype)
    with torch.no_grad():
        for name, value in tensors(module).items():
            value.copy_(torch.from_numpy(fill(name, value.shape, *rule[name])))
            if seed:
                value *= torch.from_numpy(1 + seed * 5e-7 * uniform(f"{name}/{seed}", value.numel())).to(dtype).reshape(value.shape)
    return module


def gradients(module, images, labels):
    module.zero_grad()
    loss = F.cross_entropy(module(images), labels)
    loss.backward()
    return loss.item(), {name: p.grad.double().numpy() for name, p in module.named_parameters()}


def images_of(*names, size):
    return torch.from_numpy(np.stack([fill(name, (3, size, size), 0, 2) for name in names]))


def forward_images(name, k, size):
    return images_of(*[f"{name}/forward/{k}/{row}" for row in range(BATCH)], size=size)


def stable_gradients(name, size, module, rule):
    """Gradients in float64 at images where float32 and slightly other weights give the same.

    Near a kink of ReLU rounding decides, so such an image is no measure of an implementation: others are taken until
    PyTorch agrees with itself. Statistics being frozen, each image can be chosen alone.
    """
    precise, others = filled(module, rule, torch.float64), [filled(module, rule, seed=seed) for seed in range(3)]
    labels, images, unsteady = torch.arange(BATCH) * 3 % CLASSES, [], 0.0
    for tried in range(200):
        images.append(f"{name}/{tried}")
        rows = slice(len(images) - 1, None)
        unsteady = unsteadiness(precise, others, images_of(*images[rows], size=size), labels[rows.start : len(images)])
        if unsteady > STEADY:
            images.pop()
        elif len(images) == BATCH:
            x = images_of(*images, size=size)
            unsteady = unsteadiness(precise, others, x, labels)
            if unsteady <= STEADY:
                break
            images.clear()
    else:
        raise ValueError(f"{name}: no images without an activation at a kink")
    loss, exact = gradients(precise, x.double(), labels)
    print(f"{name}: {tried + 1} images, loss {loss:.2f}, PyTorch against itself {unsteady:.1e}", flush=True)
    return {"images": images, "loss": loss, "params": {n: projected(n, g) for n, g in exact.items()}}


def unsteadiness(precise, others, images, labels):
    """The largest relative difference between gradients of a parameter in float64 and by the other modules."""
    _, exact = gradients(precise, images.double(), labels)
    largest = max(np.linalg.norm(g) for g in exact.values())
    worst = 0.0
    for other in others:
        _, rounded = gradients(other, images, labels)
        for n, g in exact.items():
            if np.linalg.norm(g) > 1e-9 * largest:
                worst = max(worst, np.linalg.norm(g - rounded[n]) / np.linalg.norm(g))
        if worst > STEADY:
            break
    return worst


def projected(name, gradient):
    g = gradient.ravel()
    return {"norm": float(np.linalg.norm(g)), "projections": packed([g @ uniform(f"{name}/{k}", g.size) for k in range(PROJECTIONS)])}


def scaled_head(module, rule, images):
    """Rules with the classifier's weights scaled by the power of 2 that makes logits of about 1."""
    weight = [n for n, p in module.named_parameters() if p.ndim > 1 and p.shape[0] == CLASSES][-1]
    with torch.no_grad():
        deviation = filled(module, rule)(images).std().item()
    return rule | {weight: (0, rule[weight][1] * 2.0 ** -round(np.log2(deviation)))}


def bare(model):
    """Takes out what describes the exporter's machine."""
    graph = model.graph
    for message in [model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer]:
        message.doc_string = ""
        del message.metadata_props[:]
    return model


def family(name, size, make, out):
    torch.manual_seed(0)
    module = make().eval()
    with torch.no_grad():
        for n, value in tensors(module).items():  # Other values each, so that none are merged.
            value.copy_(torch.from_numpy(1 + 0.1 * uniform(n, value.numel())).reshape(value.shape))
    x = forward_images(name, 0, size)
    result = {"name": name, "size": size, "batch": BATCH, "classes": CLASSES, "gradients": {}, "exports": {}}
    for exporter, export in files(name).items():
        twin, form = module, "written"
        if name in tensorflow_style.FAMILIES:
            twin, form = folded(module, x), "folded"
        model = bare(export(twin, x))
        found = sources(model, twin)
        if found is None:
            twin, form = folded(module, x), "folded"
            found = sources(model, twin)
        if found is None:
            twin, form = made(twin, model), f"made by {exporter}"
            found = sources(model, twin)
        copied = copies(model, twin)
        assert found, f"{name}: {exporter}: a parameter of the module is not in the file"
        if form not in result["gradients"]:
            rule = scaled_head(twin, rules(twin), x)
            result["gradients"][form] = {"fill": rule} | stable_gradients(f"{name}/{form}", size, twin, rule)
        rule = result["gradients"][form]["fill"]
        logits = forward(model, found, copied, twin, rule, name, size)
        result["exports"][exporter] = {"gradients": form, "initializers": found, "logits": packed(logits)}
        for tensor in model.graph.initializer:
            if tensor.name in found or tensor.name in copied:
                tensor.CopyFrom(numpy_helper.from_array(np.zeros(list(tensor.dims), np.float32), tensor.name))
        onnx.checker.check_model(model)
        write(f"{out}/{name}.{exporter}.onnx.gz", model.SerializeToString())
    write(f"{out}/{name}.json.gz", json.dumps(result).encode())


def forward(model, found, copied, module, rule, name, size):
    """onnxruntime's logits; that the module's are the same proves that the weights are where they belong."""
    full = onnx.ModelProto()
    full.CopyFrom(model)
    shapes = {n: v.shape for n, v in tensors(module).items()}
    for tensor in full.graph.initializer:
        if tensor.name in found:
            source = found[tensor.name]["name"]
            value = fill(source, shapes[source], *rule[source])
            value = value.T if found[tensor.name]["transposed"] else value.reshape(list(tensor.dims))
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value), tensor.name))
        elif tensor.name in copied:
            source = copied[tensor.name]
            value = fill(source, shapes[source], *rule[source]).reshape(shapes[source][0], -1).T[None]
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value), tensor.name))
    if full.graph.node[-1].op_type == "Softmax":
        full.graph.output[0].name = full.graph.node.pop().input[0]
    session = onnxruntime.InferenceSession(full.SerializeToString())
    image = next(i for i in session.get_inputs() if i.name not in found)
    same = filled(module, rule)
    logits = []
    for k in range(FORWARD_BATCHES):
        x = forward_images(name, k, size)
        rows = x.numpy().transpose(0, 2, 3, 1) if image.shape[-1] == 3 else x.numpy()
        calls = np.split(rows, BATCH) if image.shape[0] == 1 else [rows]
        logits.append(np.concatenate([session.run(None, {image.name: np.ascontiguousarray(r)})[0] for r in calls]))
        with torch.no_grad():
            apart = np.abs(same(x).numpy() - logits[-1]).max()
        assert apart <= 1e-4 * np.abs(logits[-1]).max(), f"{name}: onnxruntime and PyTorch differ by {apart}"
    return np.stack(logits)


def main():
    out, chosen = sys.argv[1], sys.argv[2:]
    torch.set_num_threads(1)
    failed = []
    for name in chosen or FAMILIES:
        try:
            family(name, *FAMILIES[name], out)
        except Exception as error:
            failed.append(name)
            print(f"{name}: {type(error).__name__}: {error}", flush=True)
    sys.exit(f"failed: {failed}" if failed else 0)


if __name__ == "__main__":
    main()
