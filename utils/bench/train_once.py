"""One training and its test scores, by whichever version of sernet is on the path; a process of `training.py`.

    PYTHONPATH=VERSION python utils/bench/train_once.py TASK.json

Uses only what all versions have: their own recipe, reader, training loop and inference.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

DATA, AVERAGE, OPTIMISER = "data and augmentation", "EMA of the weights", "optimiser and clipping"
RANGES = {DATA: DATA, AVERAGE: AVERAGE, OPTIMISER: OPTIMISER}
FAMILIES = (
    ("convolution", r"conv"),
    ("batch norm", r"batch_?norm"),
    ("matrix products", r"mm$|mm_|linear|matmul|einsum"),
    ("pooling and reductions", r"::(mean|sum|var|std|max|amax|softmax|_softmax|log_softmax|norm|linalg|.*pool)"),
    ("copies and layout", r"copy|contiguous|clone|cat$|pad|::(to|fill_|zero|zeros|ones|empty|select|slice|index)"),
)
ELEMENTWISE = "elementwise and the rest"


def main() -> None:
    """Do the task and write its result beside it."""
    path = Path(sys.argv[1])
    task = json.loads(path.read_text(encoding="utf-8"))
    from sernet.config.load import load_recipe
    from sernet.corpus.utterances import read_cuts
    from sernet.data.load import load_examples
    from sernet.score.infer import load_model, score
    from sernet.train import loop
    from sernet.train.trainer import bf16_helps

    if Path(task["version"]) not in Path(loop.__file__).parents:
        sys.exit(f"{loop.__file__} is not of {task['version']}")
    model, config = load_recipe(Path(task["version"]) / "egs", task["recipe"], {}).systems[task["system"]]
    if task["epochs"]:
        config = config.model_copy(update={"epochs": task["epochs"]})
    folder, directory = Path(task["features"]), Path(task["directory"])
    known = {item.utterance.id: item for item in read_cuts(folder / "cuts.jsonl.gz")}
    corpus = next(iter(known.values())).utterance.corpus
    train, dev, test = (
        load_examples({corpus: folder}, [known[name] for name in task[part]]) for part in ("train", "dev", "test")
    )
    shares: dict[str, Any] = {}
    if task["profile"]:
        watch(shares)
    wall, cpu = time.perf_counter(), time.process_time()
    loop.fit(
        train=train,
        dev=dev if len(dev) else None,
        classes=task["classes"],
        merge=task["merge"],
        corpus_classes=None,
        model=model,
        config=config,
        seed=task["seed"],
        directory=directory,
        device="cpu",
        identity=task["version"],
    )
    found = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "shares": shares}
    network, meta = load_model(directory)
    scores = score(network, meta, test)
    np.savez(path.with_suffix(".npz"), **{name: scores[name] for name in ("utt_id", "speaker", "label", "logits")})
    epochs = len((directory / "history.jsonl").read_text(encoding="utf-8").splitlines())
    bf16 = config.precision == "bf16" or (config.precision == "auto" and bf16_helps("cpu"))
    found |= {"precision": "bf16" if bf16 else "float32"}
    found |= {"parameters": meta["parameters"], "epochs": epochs, "train": meta["train"]}
    path.with_suffix(".result.json").write_text(json.dumps(found), encoding="utf-8")


def watch(shares: dict[str, Any]) -> None:
    """Let the third epoch of a training be profiled into ``shares``; the second is timed without a profiler."""
    import torch
    from torch.profiler import ProfilerActivity, profile, record_function

    from sernet.train.batches import TrainingData
    from sernet.train.trainer import Trainer

    epoch, batches = Trainer.epoch, TrainingData.epoch

    def named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            with record_function(name):
                return function(*args, **options)

        return call

    def named_batches(*args: Any) -> Iterator[Any]:
        source = batches(*args)
        following = named(DATA, lambda: next(source, None))
        while (batch := following()) is not None:
            yield batch

    def watched(trainer: Trainer) -> dict[str, Any]:
        if trainer.done < 2:
            before = time.process_time()
            row = epoch(trainer)
            shares["alone"] = time.process_time() - before
            return row
        with profile(activities=[ProfilerActivity.CPU]) as profiler:
            before = time.perf_counter()
            row = epoch(trainer)
            shares["total"] = time.perf_counter() - before
        shares["families"] = by_family(profiler.events())
        return row

    TrainingData.epoch = named_batches  # type: ignore[method-assign, assignment]
    Trainer.average = named(AVERAGE, Trainer.average)  # type: ignore[method-assign]
    Trainer.epoch = watched  # type: ignore[method-assign, assignment]
    torch.nn.utils.clip_grad_norm_ = named(OPTIMISER, torch.nn.utils.clip_grad_norm_)  # type: ignore[assignment]


def by_family(events: Any) -> dict[str, list[float]]:
    """Seconds forward and backward of each family, from the operators' own time; what they call counts for itself.

    Whatever happens within loading data, the average or the optimiser counts as that.
    """
    seconds: dict[str, Counter[bool]] = {}
    for event in events:
        family, backward, above = family_of(event.name), False, event
        while above is not None:
            family = range_of(above.name) or family
            backward = backward or above.name.startswith("autograd::engine")
            above = above.cpu_parent
        seconds.setdefault(family, Counter())[backward] += event.self_cpu_time_total / 1e6
    return {family: [parts[False], parts[True]] for family, parts in seconds.items()}


def range_of(name: str) -> str | None:
    """The named part of a step that an event is, if it is one."""
    return OPTIMISER if name.startswith("Optimizer.") else RANGES.get(name)


def family_of(name: str) -> str:
    """The family of an operator by its name."""
    return next((family for family, pattern in FAMILIES if re.search(pattern, name.lower())), ELEMENTWISE)


if __name__ == "__main__":
    main()
