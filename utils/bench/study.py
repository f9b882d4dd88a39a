"""Tries settings of model and training on the tuning fold's training speakers, and says what each is worth.

    .venv/bin/python -m utils.bench.study --workdir DIR --out FOLDER [--settings FILE] [--groups ABCDE] [--seeds "0 1"]
        [--jobs 2]

DIR holds RAVDESS after stage 2 (``bash run.sh --recipe ravdess --workdir DIR --stop-stage features ...``). The tuning
fold is fold 0 of the five published ones. Its test speakers are never read; of its 19 training speakers two groups of
four (default: A and B), or all in five groups, are dev in turn, the others train. FILE (default
egs/ablation/studies.yaml) maps a setting's name to what it lays over the defaults: `model`, `train`, `speakers` (of
each group, to train on alone), `with` (other corpora after stage 2, trained on too, and which classes they have), a way
of training of utils/bench/tried.py: `distil`, `align` (a weight), `pretrain` (other corpora), `start` (other corpora,
and which classes they have); or `features` (the folder of other FBanks after stage 2); or, in the place of a network,
`peer` (a linear classifier of sernet/config/peers.py, on functionals that DIR holds), or `fuse` (other
settings' names and the weights that their logits are added with). What is there in FOLDER is not trained again.

At the end a table: UAR on dev, mean over groups and seeds, and the difference to the first setting, paired over
speakers, groups and seeds, with its 95 % interval; UAR on the same dev speech as another corpus might have recorded it
(`SHIFTS`), which no training here has seen; accuracy in training; and the UAR at which a probe reads the speaker off
the training embeddings.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from sernet.config.base import validate
from sernet.config.model import ModelConfig
from sernet.config.training import TrainConfig
from sernet.data.dataset import trim
from sernet.pipeline.files import atomic
from sernet.score.intervals import interval, mean_over_folds, mean_over_seeds, resample
from sernet.score.metrics import metric
from sernet.score.tables import LabelTable

if TYPE_CHECKING:
    from sernet.data.dataset import Examples
    from sernet.train.trainer import Trainer


def trimmed(matrix: np.ndarray) -> np.ndarray:
    """Cut close to the speech: RAVDESS has about a second of silence at both ends, EMO-DB none."""
    return trim(matrix, 40)


def narrow_band(matrix: np.ndarray) -> np.ndarray:
    """Nothing above bin 55 of 80, about 4 kHz, but the floor."""
    floor = np.percentile(matrix, 1)
    above = matrix.shape[1] * 55 // 80
    return np.concatenate([matrix[:, :above], np.full_like(matrix[:, above:], floor)], axis=1)


def noisy(matrix: np.ndarray) -> np.ndarray:
    """A steady noise of equal energy in every filter, 15 dB below the speech's mean energy."""
    energy = np.exp(matrix.astype(np.float64))
    return np.log(energy + energy.mean() * 10**-1.5).astype(np.float32)


SHIFTS = {"clean": None, "trimmed": trimmed, "narrow band": narrow_band, "noisy": noisy}
CLASSES = ["neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise"]
TEST = ("02", "05", "14", "15", "16")
DEV = {
    "A": ("03", "06", "10", "11"),
    "B": ("01", "08", "17", "22"),
    "C": ("04", "07", "09", "12"),
    "D": ("13", "18", "19", "20"),
    "E": ("21", "23", "24"),
}
"""Two women and two men each, E one woman and two men; together all who train in the tuning fold."""


def train(name: str, setting: dict[str, Any], group: str, seed: int, workdir: Path, out: Path) -> str:
    """Train one model and leave its logits on the dev speakers in ``out``; returns a line to show."""
    import torch

    from sernet.corpus.utterances import read_cuts
    from sernet.data.dataset import Examples
    from sernet.data.load import load_examples
    from sernet.model.sernet import classify, embed
    from sernet.train.batches import TrainingData
    from sernet.train.trainer import Trainer, mean_recall
    from utils.bench.tried import Aligned, Distilled, begun, finish, pretrained, start_from

    if "peer" in setting:
        return train_peer(name, setting["peer"], group, seed, workdir, out)
    model = validate(ModelConfig, setting.get("model", {}), f"{name}.model")
    config = validate(TrainConfig, setting.get("train", {}), f"{name}.train")
    torch.set_num_threads(config.threads)
    features = setting.get("features", "fbank80")
    folder = workdir / "data" / "ravdess" / features
    everything = load_examples({"ravdess": folder}, read_cuts(folder / "cuts.jsonl.gz"))
    examples, dev = divided(everything, group, setting.get("speakers", {}).get(group, ()))
    classes_of = setting.get("with", {})
    for corpus, classes in classes_of.items():
        place = workdir / "data" / corpus / "fbank80"
        more = load_examples({corpus: place}, read_cuts(place / "cuts.jsonl.gz"))
        more = more.where(lambda u, classes=classes: u.emotion in classes)  # type: ignore[misc]
        examples = Examples(examples.utterances + more.utterances, examples.features + more.features)
    allowed = {"ravdess": CLASSES, **classes_of} if classes_of else None
    data = TrainingData(examples, CLASSES, {}, allowed, model, config, seed)
    start = time.process_time()
    kind = Aligned if "align" in setting else Trainer
    trainer = kind(data, len(CLASSES), model, config, seed, "cpu")
    if isinstance(trainer, Aligned):
        trainer.weight = setting["align"]
    if "start" in setting:
        begun(trainer, CLASSES, workdir, setting["start"], features, model, seed, out.parent)
    if "pretrain" in setting:
        start_from(trainer, pretrained(workdir, setting["pretrain"], model, config, seed))
    finish(trainer)
    if setting.get("distil"):
        first, trainer = trainer, Distilled(data, len(CLASSES), model, config, seed + 1000, "cpu")
        trainer.teacher = first
        finish(trainer)
    seconds = time.process_time() - start
    label = dev.labels(CLASSES)
    found = []
    for shift in SHIFTS.values():
        inputs = [data.front_end(shift(matrix) if shift else matrix) for matrix in dev.features]
        found.append(classify(trainer.averaged, embed(trainer.averaged, inputs, "cpu", trainer.window), "cpu")[0])
    with atomic(out) as temporary, open(temporary, "wb") as stream:
        np.savez(
            stream, logits=np.stack(found), label=label, speaker=np.array([str(u.speaker) for u in dev.utterances]),
            seconds=seconds, accuracy=trainer.history[-1]["accuracy"], read=speaker_read(trainer, examples),
        )  # fmt: skip
    told = ", ".join(f"{of} {mean_recall(label, of_it.argmax(1)):.3f}" for of, of_it in zip(SHIFTS, found, strict=True))
    return f"{name} {group} seed {seed}: dev UAR {told}; {seconds:.0f} s"


def divided(everything: Examples, group: str, only: Sequence[str] = ()) -> tuple[Examples, Examples]:
    """What trains, of all speakers or of ``only`` these, and the dev speakers of ``group``."""
    tested, held, wanted = ({f"ravdess-{speaker}" for speaker in some} for some in (TEST, DEV[group], only))
    train = everything.where(lambda u: u.speaker not in tested | held and (not wanted or u.speaker in wanted))
    return train, everything.where(lambda u: u.speaker in held)


def train_peer(name: str, peer: str, group: str, seed: int, workdir: Path, out: Path) -> str:
    """`train` for a linear classifier of sernet/config/peers.py: nothing drawn, no functionals of changed speech."""
    from sernet.config.peers import PEERS
    from sernet.config.systems import SystemConfig
    from sernet.corpus.utterances import read_cuts
    from sernet.data.load import load_examples
    from sernet.score.linear import score
    from sernet.train.linear import fit
    from sernet.train.trainer import mean_recall

    config = validate(SystemConfig, PEERS[peer], f"{name}.peer").linear
    assert config is not None, f"{peer} is a network"
    folder = workdir / "data" / "ravdess" / config.features
    examples, dev = divided(load_examples({"ravdess": folder}, read_cuts(folder / "cuts.jsonl.gz")), group)
    start = time.process_time()
    with TemporaryDirectory() as place:
        fit(examples, CLASSES, {}, None, config, Path(place), name)
        found, accuracy = (score(Path(place), some) for some in (dev, examples))
    logits, label = found["logits"], found["label"]
    with atomic(out) as temporary, open(temporary, "wb") as stream:
        np.savez(
            stream, logits=logits[None], label=label,
            speaker=np.array([str(u.speaker) for u in dev.utterances]), seconds=time.process_time() - start,
            accuracy=np.mean(accuracy["logits"].argmax(1) == accuracy["label"]), read=np.nan,
        )  # fmt: skip
    return f"{name} {group}: dev UAR {mean_recall(label, logits.argmax(1)):.3f}"


def speaker_read(trainer: Trainer, examples: Examples) -> float:
    """The UAR at which a probe tells the training speakers apart by their embeddings (`sernet.score.probes`)."""
    from sklearn.metrics import recall_score

    from sernet.model.sernet import classify, embed
    from sernet.score.files import ScoreSet
    from sernet.score.probes import SPEAKER, read_within

    utterances, network = examples.utterances, trainer.averaged
    embedding = embed(network, trainer.data.inputs, "cpu", trainer.window)
    logits, cosine = classify(network, embedding, "cpu")
    speaker = [str(utterance.speaker) for utterance in utterances]
    scores = ScoreSet(
        utt_id=np.array([utterance.id for utterance in utterances]), speaker=np.array(speaker),
        corpus=np.array([utterance.corpus for utterance in utterances]), emotion=np.array(CLASSES)[trainer.data.label],
        label=trainer.data.label, logits=logits, cosine=cosine, embedding=embedding, classes=np.array(CLASSES),
        weight=network.head.weight.detach().numpy(), bias=network.head.bias.detach().numpy(), scale=network.head.scale,
    )  # fmt: skip
    found = read_within(scores, {u.id: who for u, who in zip(utterances, speaker, strict=True)}, SPEAKER)
    return float(recall_score(found.value, found.told, average="macro"))


def fused(members: Sequence[Mapping[str, Any]], weights: Sequence[float]) -> dict[str, Any]:
    """A run whose logits are the weighted sum of those of ``members``, on the same utterances in the same order."""
    for other in members[1:]:
        assert (other["label"] == members[0]["label"]).all() and (other["speaker"] == members[0]["speaker"]).all()
    shifts = min(len(of["logits"]) for of in members)
    return {
        "label": members[0]["label"], "speaker": members[0]["speaker"],
        "logits": sum(weight * of["logits"][:shifts] for weight, of in zip(weights, members, strict=True)),
        "seconds": sum(float(of["seconds"]) for of in members), "accuracy": np.nan, "read": np.nan,
    }  # fmt: skip


def table(settings: dict[str, dict[str, Any]], seeds: Iterable[int], out: Path, groups: Sequence[str] = "AB") -> str:
    """The findings as a Markdown table; the first setting is what the others are compared with."""
    seeds = list(seeds)
    runs: dict[tuple[str, str, int], Mapping[str, Any]] = {
        (name, group, seed): np.load(path)
        for name in settings
        for group in groups
        for seed in seeds
        if (path := out / f"{name}-{group}-{seed}.npz").exists()
    }
    for name, setting in settings.items():
        for group, seed in product(groups, seeds):
            members = {(of, group, seed): weight for of, weight in setting.get("fuse", {}).items()}
            if members and set(members) <= set(runs):
                runs[name, group, seed] = fused([runs[key] for key in members], list(members.values()))
    units = {str(s): i for i, s in enumerate(sorted({str(s) for run in runs.values() for s in run["speaker"]}))}
    counts = resample(["study"], np.zeros(len(units), dtype=np.int64))
    assert counts is not None
    counts = np.concatenate([np.ones((1, len(units)), dtype=np.int64), counts])
    tables = {
        key: [
            LabelTable(logits, run["label"], CLASSES, np.array([units[str(s)] for s in run["speaker"]]))
            for logits in run["logits"]
        ]
        for key, run in runs.items()
    }

    def uar(name: str, places: list[tuple[str, int]], shift: int = 0) -> np.ndarray:
        by_seed = [
            [tables[name, group, s][shift] for group, s in places if s == seed]
            for seed in sorted({s for _, s in places})
        ]
        return mean_over_seeds([mean_over_folds(of, counts, ["uar"]) for of in by_seed])["uar"]

    first = next(iter(settings))
    difference = replace(metric("uar"), low=-1)
    lines = [
        f"| setting | what | seeds | dev UAR | less {first} | {' | '.join(list(SHIFTS)[1:])} | in training | speaker "
        "| CPU s |",
        "|---|---|---|---|---|" + "---|" * (len(SHIFTS) + 2),
    ]
    for name, setting in settings.items():
        places = [(group, seed) for of, group, seed in runs if of == name]
        if not places:
            continue
        values = uar(name, places)
        said = ""
        shared = [place for place in places if (first, *place) in runs]
        if name != first and shared:
            change = uar(name, shared) - uar(first, shared)
            limits = interval(float(change[0]), change[1:], len(units), difference)
            assert limits is not None
            said = f"{change[0]:+.3f} [{limits[0]:+.2f}, {limits[1]:+.2f}]"
        own = [runs[name, group, seed] for group, seed in places]
        seconds, accuracy, read = (np.mean([float(r[key]) for r in own]) for key in ("seconds", "accuracy", "read"))
        which = " ".join(str(seed) for seed in sorted({seed for _, seed in places}))
        what = setting.get("what", "")
        known = min(len(tables[(name, *place)]) for place in places)
        shifted = " | ".join(f"{uar(name, places, s)[0]:.3f}" if s < known else "-" for s in range(1, len(SHIFTS)))
        trained, read_off = ("-" if np.isnan(value) else f"{value:.2f}" for value in (accuracy, read))
        lines.append(
            f"| {name} | {what} | {which} | {values[0]:.3f} | {said} | {shifted} | {trained} | {read_off} "
            f"| {seconds:.0f} |"
        )
    return "\n".join(lines)


def end_with(parent: int) -> None:
    """End this process when ``parent`` is gone; workers of a study that was stopped would train on."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workdir", type=Path, required=True, help="holds data/ravdess/fbank80")
    parser.add_argument("--out", type=Path, required=True, help="where dev logits go")
    parser.add_argument("--settings", type=Path, default=Path("egs/ablation/studies.yaml"))
    parser.add_argument("--groups", default="AB", help="of dev speakers, of ABCDE")
    parser.add_argument("--seeds", type=lambda text: [int(word) for word in text.split()], default=[0])
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time, a core each")
    options = parser.parse_args()
    settings: dict[str, dict[str, Any]] = yaml.safe_load(options.settings.read_text(encoding="utf-8"))
    options.out.mkdir(parents=True, exist_ok=True)
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(
        options.jobs, mp_context=get_context("spawn"), initializer=end_with, initargs=(os.getpid(),)
    ) as pool:
        waiting = [
            pool.submit(train, name, settings[name], group, seed, options.workdir, path)
            for seed in options.seeds
            for name in settings
            for group in options.groups
            if "fuse" not in settings[name] and not (path := options.out / f"{name}-{group}-{seed}.npz").exists()
        ]
        for number, done in enumerate(as_completed(waiting), 1):
            print(f"{number}/{len(waiting)}  {done.result()}", flush=True)
    print(table(settings, options.seeds, options.out, options.groups))


if __name__ == "__main__":
    main()
