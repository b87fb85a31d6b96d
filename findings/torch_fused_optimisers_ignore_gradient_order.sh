#!/usr/bin/env bash
# torch 2.13, CPU: the fused forms of SGD, Adam, AdamW and Adagrad take gradient numbers in the order in which they lie
# in memory. A gradient of torch.autograd.grad of a convolution over a channels_last picture lies channels last; put into
# .grad of a weight that doesn't, it moves the wrong weights, and nothing is said. loss.backward() lays a gradient out as
# its weight is, so that it works; so do the same optimisers with fused=False. Of CUDA's fused forms it is reported that
# they refuse such a gradient.
#
# Seen with torch 2.13.0 (CPU), numpy 2.4.6, Python 3.11, Linux x86-64: one step, fused and not, by lr 1:
#   SGD      backward 0.00e+00 apart, autograd.grad put into .grad 1.76e-01 apart
#   Adam     backward 1.19e-07 apart, autograd.grad put into .grad 2.00e+00 apart
#   AdamW    backward 1.19e-07 apart, autograd.grad put into .grad 2.00e+00 apart
#   Adagrad  backward 0.00e+00 apart, autograd.grad put into .grad 2.00e+00 apart
# So either store such weights channels last, or copy the gradient into one of the weight's own order.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
OMP_NUM_THREADS=1 "$work/venv/bin/python" - <<'PY'
import torch

torch.manual_seed(0)
picture = torch.randn(1, 8, 16, 16).contiguous(memory_format=torch.channels_last)
first = torch.nn.Conv2d(8, 4, 3, bias=False).state_dict()


def moved(kind, fused, by_hand):
    layer = torch.nn.Conv2d(8, 4, 3, bias=False)
    layer.load_state_dict(first)
    optimiser = kind([layer.weight], lr=1.0, fused=fused)
    loss = layer(picture).square().mean()
    if by_hand:
        (layer.weight.grad,) = torch.autograd.grad(loss, layer.weight)
    else:
        loss.backward()
    optimiser.step()
    return layer.weight.detach()


wrong = []
for name in ("SGD", "Adam", "AdamW", "Adagrad"):
    kind = getattr(torch.optim, name)
    apart = [float((moved(kind, True, hand) - moved(kind, False, hand)).abs().max()) for hand in (False, True)]
    print(f"{name:8} backward {apart[0]:.2e} apart, autograd.grad put into .grad {apart[1]:.2e} apart")
    wrong.append(apart[0] < 1e-4 and apart[1] > 0.1)
if not all(wrong):
    raise SystemExit("the fused optimisers now heed the order of a gradient, or refuse it")
PY
