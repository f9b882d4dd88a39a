"""Training a network of few channels ended in `double free or corruption`, or in gradients that were wrong.

oneDNN's strided 1 x 1 convolution, the skip of a residual block, writes beyond its memory in the gradient of its kernel
where it has fewer input channels than a register (uxlfoundation/oneDNN#6035). On processors with AVX2 alone this was so
below 8 channels; oneDNN takes that way on others if it is asked to.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import torch
from sernet.model.encoder import Convolution

torch.set_num_threads(1)
channels = {channels}
for frames in [30, 17, 25] * 60:
    skip = Convolution(channels, 4, 1, stride=(2, 4), bias=False)
    x = torch.randn(8, channels, 40, frames).contiguous(memory_format=torch.channels_last)
    found = skip(x)
    found.square().sum().backward()
    kernel = skip.weight.detach().double().transpose(2, 3).requires_grad_()
    expected = torch.nn.functional.conv2d(x.double(), kernel, None, (4, 2))
    expected.square().sum().backward()
    torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(skip.weight.grad.double(), kernel.grad.transpose(2, 3), rtol=1e-4, atol=0.1)
"""


@pytest.mark.parametrize("channels", [2, 4, 6, 8, 16])
def test_the_gradient_is_right_and_the_heap_stays_whole(channels):
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2", "PYTHONPATH": str(ROOT)}
    script = SCRIPT.format(channels=channels)
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
