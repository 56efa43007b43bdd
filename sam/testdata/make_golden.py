#!/usr/bin/env python3
"""Writes golden.json beside itself: traces of torch.optim with and without SAM, in float32.

Gradients are evaluated in float64 at the float32 weights and rounded once, so that the optimizers alone are compared.

The function is f(a, b) = Σ (aᵢ² − 1)²/4 + ½·Σ sin(aᵢ·bⱼ) + 0.1·Σ bⱼ². SAM is Algorithm 1 with p = 2, as davda54/sam has
it but with weights restored from a copy; clipping is torch.nn.utils.clip_grad_norm_ on the gradient that the optimizer gets.
"""
import json
import pathlib

import torch

STEPS = 30
A = [0.3, -1.7, 0.05, 2.1, -0.4, 1.1, -0.9]
B = [0.7, -0.2, 1.5, -2.5, 0.01]

SGD, ADAMW = torch.optim.SGD, torch.optim.AdamW
CASES = {
    "sgd": dict(optimizer="sgd", lr=0.02),
    "sgd_decay": dict(optimizer="sgd", lr=0.02, weight_decay=0.1),
    "sgd_momentum": dict(optimizer="sgd", lr=0.02, momentum=0.9, weight_decay=0.01),
    "sgd_nesterov": dict(optimizer="sgd", lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.01, no_decay_b=True, lr_scale_b=0.5),
    "sgd_clip": dict(optimizer="sgd", lr=0.05, momentum=0.9, nesterov=True, clip=1.0),
    "adamw": dict(optimizer="adamw", lr=0.05, weight_decay=0.1),
    "adamw_groups": dict(optimizer="adamw", lr=0.05, weight_decay=0.1, no_decay_b=True, lr_scale_b=3.0, clip=0.5),
    "sam_sgd": dict(optimizer="sgd", lr=0.02, rho=0.05),
    "sam_sgd_nesterov": dict(optimizer="sgd", lr=0.02, momentum=0.9, nesterov=True, weight_decay=1e-2, rho=0.2, clip=2.0),
    "sam_adamw": dict(optimizer="adamw", lr=0.05, weight_decay=0.1, rho=0.1, clip=2.0),
    "sam_from_step_10": dict(optimizer="sgd", lr=0.02, momentum=0.9, nesterov=True, rho=0.2, sam_from=10),
}


def f(a, b):
    return ((a**2 - 1) ** 2).sum() / 4 + torch.sin(a[:, None] * b[None, :]).sum() / 2 + 0.1 * (b**2).sum()


def gradient(params):
    doubles = [p.detach().double().requires_grad_() for p in params]
    loss = f(*doubles)
    for p, g in zip(params, torch.autograd.grad(loss, doubles)):
        p.grad = g.float()
    return loss


def optimizer(params, case):
    a, b = params
    groups = [
        dict(params=[a]),
        dict(params=[b], lr=case["lr"] * case.get("lr_scale_b", 1), weight_decay=0 if case.get("no_decay_b") else case.get("weight_decay", 0)),
    ]
    common = dict(lr=case["lr"], weight_decay=case.get("weight_decay", 0))
    if case["optimizer"] == "adamw":
        return ADAMW(groups, **common)
    return SGD(groups, momentum=case.get("momentum", 0), nesterov=case.get("nesterov", False), **common)


def trace(case):
    params = [torch.tensor(v, dtype=torch.float32, requires_grad=True) for v in (A, B)]
    base, steps = optimizer(params, case), []
    for step in range(STEPS):
        loss = gradient(params)
        norm = torch.sqrt(sum((p.grad**2).sum() for p in params))
        if case.get("rho", 0) and step >= case.get("sam_from", 0):
            with torch.no_grad():
                before = [p.detach().clone() for p in params]
                for p in params:
                    p.add_(p.grad * (case["rho"] / (norm + 1e-12)))
            gradient(params)
            with torch.no_grad():
                for p, old in zip(params, before):
                    p.copy_(old)
        if case.get("clip"):
            torch.nn.utils.clip_grad_norm_(params, case["clip"])
        base.step()
        steps.append(dict(loss=loss.item(), grad_norm=norm.item(), a=params[0].tolist(), b=params[1].tolist()))
    return steps


def main():
    golden = dict(torch=torch.__version__.split("+")[0], a=A, b=B, cases={n: dict(**c, steps=trace(c)) for n, c in CASES.items()})
    text = json.dumps(json.loads(json.dumps(golden), parse_float=lambda s: float(f"{float(s):.9g}")))
    pathlib.Path(__file__).with_name("golden.json").write_text(text.replace('{"loss"', '\n{"loss"').replace('"steps"', '\n"steps"') + "\n")


if __name__ == "__main__":
    main()
