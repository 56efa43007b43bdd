#!/usr/bin/env python3
"""Lets onnx.checker and onnxruntime judge what finetune exports, over many architectures; prints a Markdown table.

    python docs/bench/models.py                                      # all models: about a minute each
    python docs/bench/models.py --models resnet18 coat_tiny          # some of them
    python docs/bench/models.py --exporters torchscript dynamo       # every model by both exporters
    python docs/bench/models.py --table --out docs/bench/models.md   # the table of the judgements so far
    python docs/bench/models.py --other-exporter                     # each by the exporter whose turn it is not
    python docs/bench/models.py --train-alone                        # more models, no judgement: which finetune reads and trains

Every model has random weights, and running statistics of BatchNormalization that are those of 64 training images, moved
at random. Statistics that do not fit the images make a network in which rounding errors grow until no two programs agree. PyTorch writes it as ONNX: by one exporter and the other in turn, with a batch that is fixed at 2 in every third
file. TorchScript folds constants and BatchNormalization in files of a fixed batch alone. finetune trains that for a few steps of SAM on the images in the binary and writes it. Of the written file

  - onnx.checker.check_model(full_check=True) and onnx.shape_inference.infer_shapes(strict_mode=True) have to accept it;
  - on 20 batches of 4 test images onnxruntime's logits may differ from ours by 1e-4 of the largest logit of the batch;
  - the top-1 has to be the same on every image. Images whose two best logits in onnxruntime are closer than that bound
    are named, and count as all others do.

The column "itself" is how far onnxruntime's logits are from its own without graph optimizations: rounding alone.

Run it in the repository by a Python with torch, torchvision, timm, onnx, onnxscript, onnxruntime and numpy. A model that
fails does not stop it: the table says at what.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

EXPORTERS = ("torchscript", "dynamo")
BOUND = 1e-4  # Of the largest logit.
FIXED_BATCH = 2
CALIBRATION = 64  # Training images that the statistics of BatchNormalization are those of.

# Name in torchvision or timm, height and width of the images, pixels.
MODELS = {
    "resnet18": 64, "resnext50_32x4d": 64, "wide_resnet50_2": 64, "densenet121": 64, "vgg11_bn": 224, "alexnet": 224, "squeezenet1_1": 64,
    "googlenet": 64, "inception_v3": 96, "mobilenet_v2": 64, "mobilenet_v3_small": 64, "mnasnet0_5": 64, "shufflenet_v2_x0_5": 64,
    "efficientnet_b0": 64, "efficientnet_v2_s": 64, "tf_efficientnet_lite0": 64, "regnet_x_400mf": 64, "regnet_y_400mf": 64,
    "convnext_tiny": 64, "vit_tiny_patch16_224": 64, "deit_tiny_patch16_224": 64, "swin_t": 64,
    "levit_128s": 128, "coat_tiny": 64, "eca_nfnet_l0": 64, "ghostnet_100": 64, "pvt_v2_b0": 64, "mobilevit_xs": 64, "poolformer_s12": 64,
    "res2net50_26w_4s": 64, "resnest14d": 64, "repvgg_a0": 64, "xcit_nano_12_p8_224": 64, "edgenext_xx_small": 64, "mobilenetv4_conv_small": 64,
    "hrnet_w18_small": 64, "cait_xxs24_224": 64, "rexnet_100": 64,
}

# What --train-alone tries.
MORE = {
    "convmixer_768_32": 64, "mixer_s32_224": 224, "gmlp_s16_224": 224, "resmlp_12_224": 224, "visformer_tiny": 224,
    "twins_pcpvt_small": 224, "twins_svt_small": 224, "crossvit_tiny_240": 240, "convit_tiny": 224, "maxvit_nano_rw_256": 256,
    "coatnet_nano_rw_224": 224, "efficientvit_b0": 64, "efficientvit_m0": 224, "fastvit_t8": 64, "repvit_m0_9": 64, "mobileone_s0": 64,
    "inception_next_tiny": 64, "focalnet_tiny_srf": 64, "davit_tiny": 64, "gcvit_xxtiny": 224, "nest_tiny": 224, "pit_ti_224": 224,
    "tnt_s_legacy_patch16_224": 224, "volo_d1_224": 224, "dla34": 64, "dpn68": 64, "selecsls42": 64, "skresnet18": 64, "seresnet18": 64,
    "ecaresnet26t": 64, "legacy_senet154": 64, "xception41": 64, "inception_v4": 96, "inception_resnet_v2": 96, "cspresnet50": 64,
    "cspdarknet53": 64, "ese_vovnet19b_dw": 64, "fbnetc_100": 64, "tinynet_a": 64, "mixnet_s": 64, "mobilenetv1_100": 64,
    "efficientnet_es": 64, "gernet_s": 64, "halonet26t": 256, "lambda_resnet26t": 256, "botnet26t_256": 256, "tresnet_m": 64,
    "resnetv2_50": 64, "resnetblur50": 64, "nf_regnet_b1": 64, "nf_resnet50": 64, "dm_nfnet_f0": 64, "regnetz_b16": 64, "hgnet_tiny": 64,
    "ghostnetv2_100": 64, "tiny_vit_5m_224": 224, "mvitv2_tiny": 224, "hiera_tiny_224": 224, "poolformerv2_s12": 64, "caformer_s18": 64,
    "rdnet_tiny": 64, "eva02_tiny_patch14_224": 224, "swinv2_tiny_window8_256": 256, "swinv2_cr_tiny_224": 224,
    "deit3_small_patch16_224": 224, "beit_base_patch16_224": 224, "vitamin_small_224": 224, "nextvit_small": 224, "mambaout_femto": 64,
    "starnet_s1": 64, "fasternet_t0": 64, "swiftformer_xs": 224, "shvit_s1": 224, "mobilenetv4_hybrid_medium": 64,
    "vit_small_patch14_reg4_dinov2": 224, "maxvit_t": 224, "swin_v2_t": 224, "vovnet39a": 64, "res2next50": 64, "sebotnet33ts_256": 256,
    "pnasnet5large": 64,
}

# Arguments: model, file, size, exporter, "fixed" or "open". It is run by itself, because the exporters need much memory.
EXPORT = f"""
import gzip, sys, warnings
warnings.filterwarnings("ignore")
import torch, torchvision
name, path, size, exporter, batch = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]
torch.manual_seed(0)
if hasattr(torchvision.models, name):
    fitting = dict(image_size=size) if name.startswith("vit_") else dict(init_weights=True) if name in ("googlenet", "inception_v3") else dict()
    model = getattr(torchvision.models, name)(weights=None, num_classes=7, **fitting)
else:
    import timm
    try:
        model = timm.create_model(name, pretrained=False, num_classes=7, img_size=size)
    except TypeError:
        model = timm.create_model(name, pretrained=False, num_classes=7)
with gzip.open("tasks/fashion/train-images-idx3-ubyte.gz") as f:
    pixels = torch.frombuffer(bytearray(f.read()[16:]), dtype=torch.uint8)[: {CALIBRATION} * 28 * 28]
grey = torch.nn.functional.interpolate(pixels.view(-1, 1, 28, 28) / 255, (size, size), mode="bicubic").clamp(0, 1)
images = (grey - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
def measure(norm, inputs):  # What comes in has been through the layers before with the statistics they have by then.
    axes = [a for a in range(inputs[0].dim()) if a != 1]
    variance = inputs[0].var(axes)
    norm.running_mean.copy_(inputs[0].mean(axes) + 0.2 * variance.sqrt() * torch.randn_like(variance))
    norm.running_var.copy_(variance * torch.empty_like(variance).uniform_(0.6, 1.6) + 1e-3)
model.eval()
with torch.no_grad():
    norms = [m for m in model.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm) and m.track_running_stats]
    for norm in norms:
        norm.weight[norm.weight == 0] = 0.2  # Branches that begin at nothing.
        norm.weight *= torch.empty_like(norm.weight).uniform_(0.7, 1.3)
        norm.bias.normal_(0, 0.2)
    hooks = [norm.register_forward_pre_hook(measure) for norm in norms]
    model(images)
    for hook in hooks:
        hook.remove()
example = images[:{FIXED_BATCH}]
names = dict(input_names=["images"], output_names=["logits"])
if exporter == "torchscript":
    open_batch = dict(dynamic_axes=dict(images={{0: "batch"}}, logits={{0: "batch"}})) if batch == "open" else dict()
    unfolded = dict(do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE) if batch == "open" else dict()
    torch.onnx.export(model, (example,), path, dynamo=False, opset_version=17, **names, **open_batch, **unfolded)
else:
    open_batch = dict(dynamic_shapes=(dict([(0, torch.export.Dim("batch", min=1, max=64))]),)) if batch == "open" else dict()
    torch.onnx.export(model, (example,), path, dynamo=True, external_data=False, verbose=False, **names, **open_batch)
"""

# Arguments: the exported file and what TestLogitsOfBatches wrote. Runs by itself, because a failing runtime may end it.
JUDGE = f"""
import json, sys
import numpy as np, onnx, onnxruntime
model = onnx.load(sys.argv[1])
result = dict(opset=max(o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), checker="passes", batches=0, images=0, same=0, worst=0.0, itself=0.0, tied=[])
try:
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
except Exception as e:
    result["checker"] = str(e)
options = onnxruntime.SessionOptions()
options.log_severity_level = 3
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
unoptimized = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
with open(sys.argv[2], "rb") as f:
    while header := f.read(20):
        n, c, h, w, k = np.frombuffer(header, "<i4")
        images = np.frombuffer(f.read(4 * n * c * h * w), "<f4").reshape(n, c, h, w)
        want = np.frombuffer(f.read(4 * n * k), "<f4").reshape(n, k)
        got = session.run(None, dict([(name, images)]))[0].reshape(n, k)
        other = unoptimized.run(None, dict([(name, images)]))[0].reshape(n, k)
        largest = np.abs(got).max()
        result["itself"] = float(np.maximum(result["itself"], np.abs(got - other).max() / largest))
        best = np.sort(got, 1)
        result["tied"] += [int(result["images"] + i) for i in np.flatnonzero(best[:, -1] - best[:, -2] <= {BOUND} * largest)]
        result["worst"] = float(np.maximum(result["worst"], np.abs(got - want).max() / largest))  # NaN stays.
        result["batches"] += 1
        result["images"] += int(n)
        result["same"] += int((got.argmax(1) == want.argmax(1)).sum())
print(json.dumps(result))
"""


class Failure(Exception):
    """A model failed; the message says at what."""


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--models", nargs="+", help="torchvision's or timm's names; without it, those in the script")
    p.add_argument("--exporters", nargs="+", choices=EXPORTERS, help="of every model; without it, one and the other in turn")
    p.add_argument("--other-exporter", action="store_true", help="the other one in turn")
    p.add_argument("--batch", choices=["open", "fixed"], help="of every model; without it, fixed in every third file")
    p.add_argument("--size", type=int, help="height and width, pixels; without it, those in the script, or 224")
    p.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "finetune-models"), help="folder of the files and the programs that are built")
    p.add_argument("--seconds", type=float, default=3600, help="that one program may take")
    p.add_argument("--raw", help="judgements as JSON lines, added to; without it, judgements.jsonl in --work")
    p.add_argument("--out", help="the table; without it, standard output")
    p.add_argument("--train-alone", action="store_true", help="both exporters, an open batch, steps of SAM on random images, and no more")
    p.add_argument("--table", action="store_true", help="make the table of --raw and judge nothing")
    return p.parse_args()


def cases(o):
    """(model, exporter, batch) of what is judged."""
    for name in o.models or MODELS:
        at = list(MODELS).index(name) if name in MODELS else 0
        for exporter in o.exporters or [EXPORTERS[(at + o.other_exporter) % 2]]:
            yield name, exporter, o.batch or ("fixed" if at % 3 == 2 else "open")


def run(what, command, o, **more):
    """Runs a program and returns its standard output; without success that is a Failure, called what."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=o.seconds, env={**os.environ, **more.pop("env", {})}, **more)
    except subprocess.TimeoutExpired:
        raise Failure(f"{what}: no end within {o.seconds:.0f} s")
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines() or [""]
        raise Failure(f"{what}: exit code {done.returncode}: {next((l for l in reversed(lines) if 'Error' in l or l.startswith('error')), lines[-1])}")
    return done.stdout


def size_of(name, o):
    return o.size or {**MORE, **MODELS}.get(name, 224)


def export(name, exporter, batch, o, to):
    run("PyTorch's export", [sys.executable, "-W", "ignore", "-c", EXPORT, name, to, str(size_of(name, o)), exporter, batch], o)


def judge(name, exporter, batch, o):
    """What is said of one model."""
    size = size_of(name, o)
    with tempfile.TemporaryDirectory(dir=o.work) as folder:
        backbone, written, logits = (str(pathlib.Path(folder, f)) for f in ("backbone.onnx", "written.onnx", "logits"))
        export(name, exporter, batch, o, backbone)
        train = [pathlib.Path(o.work, "finetune"), "--task", "fashion-mnist", "--backbone", backbone, "--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225",
                 "--input-size", str(size), "--limit-train", "16", "--limit-test", "16", "--batch", "4", "--epochs", "1", "--optimizer", "sam", "--sam-from", "1", "--warmup", "0",
                 "--quiet", "--output", str(pathlib.Path(folder, "run"))]
        run("training", train, o)
        run("export", [pathlib.Path(o.work, "finetune"), "export", str(pathlib.Path(folder, "run")), "-o", written, "--quiet"], o)
        run("logits", [pathlib.Path(o.work, "finetune.test"), "-test.run", "^TestLogitsOfBatches$"], o,
            cwd="finetune", env={"FINETUNE_LOGITS_MODEL": written, "FINETUNE_LOGITS_TO": logits})
        return json.loads(run("onnxruntime", [sys.executable, "-c", JUDGE, written, logits], o).strip().splitlines()[-1])


def train_all(o):
    """Prints of each model, by both exporters with an open batch, whether it trains, and how many do."""
    trained = files = 0
    for name in o.models or MORE:
        for exporter in EXPORTERS:
            with tempfile.TemporaryDirectory(dir=o.work) as folder:
                backbone = str(pathlib.Path(folder, "backbone.onnx"))
                said = "trains"
                try:
                    export(name, exporter, "open", o, backbone)
                    files += 1
                    run("training", [pathlib.Path(o.work, "finetune"), "bench", "--backbone", backbone, "--batch", "2", "--seconds", "0.1"], o)
                    trained += 1
                except Failure as e:
                    said = short(str(e))
                print(f"{name} {exporter}: {said}", flush=True)
    print(f"{trained} of {files} files train", flush=True)


def judge_all(o):
    with open(o.raw, "a") as raw:
        for name, exporter, batch in cases(o):
            try:
                line = judge(name, exporter, batch, o)
            except Failure as e:
                line = {"error": str(e)}
            line |= {"model": name, "exporter": exporter, "batch": batch, "size": size_of(name, o)}
            print(json.dumps(line), file=raw, flush=True)
            print(f"{name} {exporter} {batch}: {verdict(line) or line['worst']}", file=sys.stderr, flush=True)


def verdict(line):
    """Why a model fails, "" if it does not."""
    if "error" in line:
        return line["error"]
    if line["batches"] != 20:
        return f"{line['batches']} batches"
    if line["checker"] != "passes":
        return f"checker: {line['checker']}"
    if not line["worst"] <= BOUND:
        return "logits differ"
    return "" if line["same"] == line["images"] else "top-1 differs"


def short(text):
    """What a program said, without folders and the end of what is long."""
    text = re.sub(r"(?<!\S)/\S*/", "", " ".join(text.split())).replace("|", "\\|")
    return text if len(text) <= 300 else text[:300] + "…"


def row(line):
    fail = verdict(line)
    cells = [line["model"], f"{line['exporter']}, {line['batch']} batch", str(line["size"])]
    if "error" in line:
        return [*cells, "", "", "", "", "", f"**fails: {short(fail)}**"]
    tied = f"; nearly tied: {', '.join(map(str, line['tied']))}" if line["tied"] else ""
    checker = "passes" if line["checker"] == "passes" else short(line["checker"])
    return [*cells, str(line["opset"]), f"{line['worst']:.1e}", f"{line['itself']:.1e}", f"{line['same']} of {line['images']}{tied}", checker, f"**fails: {short(fail)}**" if fail else "agrees"]


def table(o):
    """The Markdown text of the last judgement of each file in --raw."""
    last = {}
    with open(o.raw) as raw:
        for line in map(json.loads, raw):
            last[line["model"], line["exporter"], line["batch"]] = line
    order = list(MODELS)
    lines = sorted(last.values(), key=lambda l: (order.index(l["model"]) if l["model"] in order else len(order), l["exporter"]))
    good = [l for l in lines if not verdict(l)]
    judged = [l for l in lines if "error" not in l]
    text = [f"{len(good)} of {len(lines)} files of {len({l['model'] for l in lines})} models agree; {sum(l['images'] for l in judged)} images in "
            f"{sum(l['batches'] for l in judged)} batches.", "",
            "| model | exporter | pixels | opset | worst difference | itself | same top-1 | checker | |", "|---|---|---|---|---|---|---|---|---|"]
    text += ["| " + " | ".join(row(l)) + " |" for l in lines]
    return "\n".join(text) + "\n"


def main():
    o = options()
    work = pathlib.Path(o.work)
    work.mkdir(parents=True, exist_ok=True)
    o.raw = o.raw or str(work / "judgements.jsonl")
    if not o.table:
        subprocess.run(["go", "build", "-o", str(work / "finetune"), "./cmd/finetune"], check=True)
        if o.train_alone:
            return train_all(o)
        subprocess.run(["go", "test", "-c", "-o", str(work / "finetune.test"), "./finetune"], check=True)
        judge_all(o)
    text = table(o)
    if o.out:
        pathlib.Path(o.out).write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
