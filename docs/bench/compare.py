#!/usr/bin/env python3
"""Measures finetune beside PyTorch, in turn, and writes a Markdown table.

    sh ../shared/peers/setup.sh DIR              # once: a venv with torch, torchvision, timm, onnx
    DIR/bin/python docs/bench/compare.py --rounds 5 --out docs/bench/pytorch.md

Run it in the root of the repository. For every model it makes an ONNX file with random weights (tf_efficientnet_lite0 is
the backbone in the binary), and then runs, round after round, `finetune bench --json`, torch_step.py with tcmalloc and
torch_step.py without: A B C A B C … The ratios are of one round each; the table has their median and their range.
Every measurement is appended to --raw as a line of JSON; --table makes the table of such a file again and measures nothing.

Programs are started from this one, which stays small and imports neither torch nor numpy: on Linux a process's ru_maxrss
begins with what its parent held.
"""
import argparse
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time

EMBEDDED = {"tf_efficientnet_lite0": "efficientnet_lite0.google"}
TCMALLOC = "/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4"  # Debian: libtcmalloc-minimal4.
TORCH, TORCH_GLIBC = "PyTorch, channels_last, tcmalloc", "PyTorch, channels_last, glibc's malloc"
TIMES = ["forward_ms", "sgd_ms", "sam_ms"]

# Run with the same Python in a process of its own. With TrainingMode.PRESERVE a model in evaluation mode is exported as it
# is: BatchNorm in its inference form, unfolded. The exporter's own evaluation mode would fold it into the convolutions.
EXPORT = """
import sys, timm, torch, torchvision, onnx
name, path, classes = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.manual_seed(0)
if hasattr(torchvision.models, name):
    model = getattr(torchvision.models, name)(weights=None, num_classes=classes)
else:
    model = timm.create_model(name, pretrained=False, num_classes=classes)
model.eval()
torch.onnx.export(model, (torch.randn(2, 3, 224, 224),), path, dynamo=False, opset_version=17, do_constant_folding=False,
                  training=torch.onnx.TrainingMode.PRESERVE, input_names=["images"], output_names=["logits"],
                  dynamic_axes={"images": {0: "batch"}, "logits": {0: "batch"}})
want = sum(isinstance(m, torch.nn.BatchNorm2d) for m in model.modules())
got = sum(n.op_type == "BatchNormalization" for n in onnx.load(path).graph.node)
if got != want:
    sys.exit(f"{name}: {got} BatchNormalization in the ONNX file, want {want}")
"""


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--models", nargs="+", default=["tf_efficientnet_lite0", "mobilenet_v2", "resnet18", "resnet50"], help="torchvision's or timm's names")
    p.add_argument("--bn", nargs="+", default=["frozen"], choices=["frozen", "train"])
    p.add_argument("--batch", nargs="+", type=int, default=[16])
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=20, help="of one measurement of one program")
    p.add_argument("--threads", nargs="+", type=int, default=[2], help="of finetune; the first is compared with PyTorch, which has 2")
    p.add_argument("--kernels", nargs="+", default=["auto"], help="of finetune; the first is compared with PyTorch")
    p.add_argument("--peers", default="both", choices=["tcmalloc", "glibc", "both", "none"], help="with which malloc PyTorch runs")
    p.add_argument("--finetune", help="the program; without it, one is built")
    p.add_argument("--torch-step", default="../shared/peers/torch_step.py")
    p.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "finetune-compare"), help="folder of the ONNX files and the program that is built")
    p.add_argument("--raw", help="measurements as JSON lines; without it, measurements.jsonl in --work, begun anew")
    p.add_argument("--out", help="the table; without it, standard output")
    p.add_argument("--table", action="store_true", help="make the table of --raw and measure nothing")
    return p.parse_args()


def environment(preload=None):
    """The environment without settings that slow PyTorch down here, and with a library loaded first."""
    env = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_PRELOAD")}
    return {**env, "LD_PRELOAD": preload} if preload else env


def backbone(name, o):
    """What finetune's --backbone is for a model; the ONNX file is made if it is not there."""
    if name in EMBEDDED:
        return EMBEDDED[name]
    path = pathlib.Path(o.work, name + ".onnx")
    if not path.exists():
        part = path.with_suffix(".part")
        subprocess.run([sys.executable, "-W", "ignore", "-c", EXPORT, name, str(part), "102"], check=True, env=environment())
        part.rename(path)
    return str(path)


def contenders(name, bn, batch, o):
    """(label, command, environment) of what runs in turn."""
    runs = []
    for kernels in o.kernels:
        for threads in o.threads:
            command = [o.finetune, "bench", "--json", "--quiet", "--backbone", backbone(name, o), "--input-size", "224", "--classes", "102", "--bn", bn,
                       "--batch", str(batch), "--seconds", str(o.seconds), "--threads", str(threads), "--kernels", kernels]
            label = f"finetune, kernels {kernels}, {threads} thread{'s' * (threads > 1)}"
            runs.append((label, command, environment()))
    command = [sys.executable, o.torch_step, name, "cl", bn, str(batch), str(o.seconds)]
    peers = ["tcmalloc", "glibc"] if o.peers == "both" else [o.peers]
    if "tcmalloc" in peers and pathlib.Path(TCMALLOC).exists():
        runs.append((TORCH, command, environment(TCMALLOC)))
    if "glibc" in peers:
        runs.append((TORCH_GLIBC, command, environment()))
    return runs


def measure(label, command, env):
    """Runs a program that writes one line of JSON, and returns it; with "error" if it failed."""
    start, before = time.monotonic(), processor_seconds()
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    wall = time.monotonic() - start
    if done.returncode != 0:
        return dict(error=(done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return dict(json.loads(done.stdout.strip().splitlines()[-1]), program_seconds=round(wall, 1), cores=round((processor_seconds() - before) / wall, 2))


def processor_seconds():
    """Processor time of all programs that ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure_all(o):
    settings = [(name, bn, batch) for name in o.models for bn in o.bn for batch in o.batch]
    with open(o.raw, "a") as raw:
        for name, bn, batch in settings:
            try:
                backbone(name, o)
            except subprocess.CalledProcessError:
                print(f"{name}: no ONNX file could be made, left out", file=sys.stderr)
                continue
            failed = set()
            for turn in range(o.rounds):
                for label, command, env in contenders(name, bn, batch, o):
                    if label in failed:
                        continue
                    line = dict(measure(label, command, env), setting=[name, bn, batch], label=label, round=turn, load=os.getloadavg()[0], command=repeated_by(o))
                    if "error" in line:
                        failed.add(label)
                    print(f"{name} {bn} {batch} round {turn + 1}/{o.rounds} {label}: {line.get('error') or line.get('sam_ms')}", file=sys.stderr, flush=True)
                    print(json.dumps(line), file=raw, flush=True)


def spread(values, digits):
    """Median and range."""
    if not values:
        return "–"
    middle = f"{statistics.median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def ratios(over, under, key):
    """over ÷ under of each round that has both."""
    return [over[r][key] / under[r][key] for r in sorted(over) if r in under and over[r].get(key) and under[r].get(key)]


def rows(setting, runs):
    """The rows of the table for a setting; runs maps label to round to measurement."""
    name, bn, batch = setting
    head = f"{name}, BatchNorm {bn}, batch {batch}"
    for label, rounds in runs.items():
        good = [m for m in rounds.values() if "error" not in m]
        if not good:
            yield [head, label, reason(next(iter(rounds.values()))["error"]), "", "", "", ""]
        else:
            mode = good[0]["mode"] if label.startswith("finetune") else f"torch {good[0]['torch']}"
            share = [100 * m["share_of_peak"] for m in good if "share_of_peak" in m]
            cells = [spread([m[k] for m in good], 1) for k in TIMES] + [spread([m["peak_rss_mib"] for m in good], 0)]
            yield [head, f"{label} ({mode})", *cells, f"{statistics.median(share):.0f} %" if share else "–"]
        head = ""
    ours = [label for label in runs if label.startswith("finetune")]
    pairs = [(peer, ours[0]) for peer in (TORCH, TORCH_GLIBC) if peer in runs and ours]
    pairs += [(other, ours[0]) for other in ours[1:]]
    for over, under in pairs:
        cells = [spread(ratios(runs[over], runs[under], k), 2) for k in TIMES + ["peak_rss_mib"]]
        if any(c != "–" for c in cells):
            yield ["", f"**{over} ÷ {under}**", *[f"**{c}**" for c in cells], ""]


def reason(error):
    """What a program said, without folders and the end of long lists."""
    words = " ".join(w.rsplit("/", 1)[-1] if w.endswith(".onnx:") else w for w in error.split())
    return words if len(words) <= 120 else words[:120] + "…"


def table(o):
    """The Markdown text of the measurements in --raw."""
    by_setting, loads, cores, repeat = {}, [], [], ""
    with open(o.raw) as raw:
        for line in map(json.loads, raw):
            loads.append(line["load"])
            repeat = line["command"]
            cores += [line["cores"]] if "cores" in line and "1 thread" not in line["label"] else []
            by_setting.setdefault(tuple(line["setting"]), {}).setdefault(line["label"], {})[line["round"]] = line
    text = [f"Median (range) over rounds, milliseconds; ratios of one round each. {cpu()}, {os.cpu_count()} cores; load of the machine "
            f"{min(loads):.1f} to {max(loads):.1f}, and programs of more than one thread had {spread(cores, 1)} cores to themselves. "
            "Peak is resident memory. The last column is the share of the speed of the innermost loop that a step of SAM reaches.", "", "    " + repeat, "",
            "| model | program | forward ms | SGD step ms | SAM step ms | peak MiB | of peak |", "|---|---|---|---|---|---|---|"]
    for setting, runs in by_setting.items():
        text += ["| " + " | ".join(cells) + " |" for cells in rows(setting, runs)]
    return "\n".join(text) + "\n"


def repeated_by(o):
    """The command line that repeats the measurement, without paths."""
    words = ["python", "docs/bench/compare.py"]
    for key in ("models", "bn", "batch", "rounds", "seconds", "threads", "kernels"):
        value = getattr(o, key)
        words += ["--" + key] + [f"{v:g}" if isinstance(v, float) else str(v) for v in (value if isinstance(value, list) else [value])]
    return " ".join(words)


def cpu():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = dict((part.strip() for part in line.split(":", 1)) for line in lines if ":" in line)
    return f"{facts.get('model name', platform.machine())} (family {facts.get('cpu family')}, model {facts.get('model')})"


def main():
    o = options()
    pathlib.Path(o.work).mkdir(parents=True, exist_ok=True)
    if o.raw is None:
        o.raw = str(pathlib.Path(o.work, "measurements.jsonl"))
        if not o.table:
            pathlib.Path(o.raw).unlink(missing_ok=True)
    if not o.table:
        if o.finetune is None:
            o.finetune = str(pathlib.Path(o.work, "finetune").resolve())
            subprocess.run(["go", "build", "-o", o.finetune, "./cmd/finetune"], check=True)
        measure_all(o)
    text = table(o)
    if o.out:
        pathlib.Path(o.out).write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
