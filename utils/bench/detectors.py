"""How long each score-based detector takes over many utterances, and the memory that it needs beside the scores.

    .venv/bin/python -m utils.bench.detectors [--utterances 100000] [--dim 256] [--classes 8] [--train 20000]

Each detector has a process of its own: fit on ``--train`` random embeddings around class means under an AM-softmax
head, score ``--utterances``. Seconds are of the processor, one thread, so that a busy machine changes them little;
memory is how far the highest resident size rises above the peak of making both score sets, library imports included.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from sernet.draws import generator
from sernet.ood.base import Detector
from sernet.ood.registry import DETECTORS, make_detector
from sernet.score.files import ScoreSet

SCALE = 15.0


def scores(name: str, n: int, dim: int, classes: int) -> ScoreSet:
    """A random score set of an AM-softmax head, the same for the same arguments."""
    random = generator("bench", name)
    weight = generator("bench", "weight").standard_normal((classes, dim), dtype=np.float32)
    label = random.integers(classes, size=n)
    embedding = 2 * weight[label] + random.standard_normal((n, dim), dtype=np.float32)
    unit = embedding / np.linalg.norm(embedding, axis=1, keepdims=True)
    cosine = unit @ (weight / np.linalg.norm(weight, axis=1, keepdims=True)).T
    text = np.char.add(f"{name}-", np.arange(n).astype(str))
    return ScoreSet(
        utt_id=text, speaker=text, corpus=text, emotion=text, label=label, logits=SCALE * cosine, cosine=cosine,
        embedding=embedding, classes=np.arange(classes).astype(str), weight=weight, bias=np.zeros(classes), scale=SCALE,
    )  # fmt: skip


def measure(name: str, options: argparse.Namespace) -> tuple[str, float, float, float]:
    """Name, seconds of fit and of score, MiB."""
    import torch

    torch.set_num_threads(1)
    train = scores("train", options.train, options.dim, options.classes)
    test = scores("test", options.utterances, options.dim, options.classes)
    detector = make_detector(name)
    assert isinstance(detector, Detector)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    detector.fit(train)
    fitted = time.process_time()
    found = detector.score(test)
    scored = time.process_time()
    assert found.shape == (options.utterances,) and np.isfinite(found).all()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return name, fitted - start, scored - fitted, (peak - before) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=int, default=100_000)
    parser.add_argument("--train", type=int, default=20_000)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--classes", type=int, default=8)
    options = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # read by the processes that begin below
    names = [name for name, kind in DETECTORS.items() if issubclass(kind, Detector)]
    print("| detector | fit, s | score, s | memory, MiB |\n|---|---|---|---|", flush=True)
    for name in names:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            name, fit, score, memory = pool.submit(measure, name, options).result()
        print(f"| `{name}` | {fit:.2f} | {score:.2f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
