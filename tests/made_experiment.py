"""A made-up experiment on disk: score files as a model would leave them, with speakers who differ."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from sernet.draws import generator
from sernet.score.files import Scored, ScoreSet

EMOTIONS = ("anger", "happiness", "neutral", "sadness", "fear", "disgust", "surprise")
DIM = 16


def make_set(
    key: str,
    corpus: str,
    speakers: list[str],
    classes: tuple[str, ...],
    emotions: tuple[str, ...],
    takes: int = 3,
    skill: float = 1.0,
    seed: int = 0,
) -> ScoreSet:
    """Utterances of every speaker and emotion; the noise of a speaker is the same for every system and seed."""
    centres = generator("centres").normal(size=(len(EMOTIONS), DIM))
    rows = [(s, e, take) for s in speakers for e in emotions for take in range(takes)]
    embedding = np.stack(
        [
            skill * centres[EMOTIONS.index(e)]
            + 0.9 * generator("speaker", s).normal(size=DIM)
            + 1.1 * generator("utterance", s, e, take).normal(size=DIM)
            + 0.4 * generator(key, seed, s, e, take).normal(size=DIM)
            for s, e, take in rows
        ]
    )
    weight = centres[[EMOTIONS.index(name) for name in classes]]
    cosine = embedding @ weight.T / np.linalg.norm(embedding, axis=1)[:, None] / np.linalg.norm(weight, axis=1)
    return ScoreSet(
        utt_id=np.asarray([f"{s}-{e}-{take}" for s, e, take in rows]),
        speaker=np.asarray([s for s, _, _ in rows]),
        corpus=np.full(len(rows), corpus),
        emotion=np.asarray([e for _, e, _ in rows]),
        label=np.asarray([classes.index(e) if e in classes else -1 for _, e, _ in rows]),
        logits=8 * cosine,
        cosine=cosine,
        embedding=embedding,
        classes=np.asarray(classes),
        weight=weight,
        bias=np.zeros(len(classes)),
        scale=8.0,
    )


def make_noise(name: str, n: int, classes: tuple[str, ...], seed: int) -> ScoreSet:
    """Recordings of nobody."""
    like = make_set(name, name, ["x"], classes, ("anger",), takes=n, seed=seed)
    embedding = generator(name, seed).normal(size=(n, DIM))
    logits = 4 * embedding @ like.weight.T / np.linalg.norm(like.weight, axis=1)
    return ScoreSet(
        utt_id=np.asarray([f"{name}-{i:03d}" for i in range(n)]),
        speaker=np.full(n, ""),
        corpus=like.corpus,
        emotion=np.full(n, ""),
        label=np.full(n, -1),
        logits=logits,
        cosine=logits / 8,
        embedding=embedding,
        classes=like.classes,
        weight=like.weight,
        bias=like.bias,
        scale=8.0,
    )


def save_detector(directory: Path, detector: str, name: str, scores: ScoreSet, score: np.ndarray) -> None:
    """One detector's file for one set."""
    (directory / "ood" / detector).mkdir(parents=True, exist_ok=True)
    np.savez(directory / "ood" / detector / f"{name}.npz", utt_id=scores.utt_id, score=score)


def make_experiment(
    root: Path,
    corpora: tuple[str, ...] = ("mini_en", "mini_de"),
    systems: tuple[str, ...] = ("baseline", "am", "msac"),
    seeds: tuple[int, ...] = (0,),
    folds: int = 2,
    speakers: int = 8,
    classes: tuple[str, ...] = EMOTIONS[:5],
    ood: bool = True,
    takes: int = 3,
    detectors: tuple[str, ...] = ("msp", "mahalanobis", "duration"),
) -> list[Scored]:
    """Runs `single` (folds) with OOD and `cross` (trained on all of each corpus) under ``root``."""
    scored: list[Scored] = []
    for corpus in corpora:
        names = [f"{corpus}-spk{i:02d}" for i in range(speakers)]
        for system in systems:
            skill = 0.8 + 0.2 * systems.index(system)
            for seed in seeds:
                for fold in range(folds):
                    directory = root / f"single_{corpus}" / system / f"fold{fold}" / f"seed{seed}"
                    test = [name for i, name in enumerate(names) if i % folds == fold]
                    rest = [name for name in names if name not in test] or names
                    place = (f"single_{corpus}", system, fold, seed, corpus)
                    sets = {
                        "train": make_set(system, corpus, rest, classes, classes, takes, skill * 1.3, seed),
                        "test": make_set(system, corpus, test, classes, classes, takes, skill, seed),
                    }
                    scored.append(Scored(*place, corpus, "single", "test", directory))
                    if ood:
                        sets["near"] = make_set(system, corpus, test, classes, EMOTIONS[5:], takes, skill, seed)
                        sets["noise"] = make_noise("noise", 12, classes, seed)
                        other = next((name for name in corpora if name != corpus), corpus)
                        foreign = [f"{other}-spk{i:02d}" for i in range(speakers)]
                        sets["shift"] = make_set(system, other, foreign, classes, classes, takes, skill, seed)
                        for name, kind in (("near", "near"), ("shift", "shift"), ("noise", "far")):
                            scored.append(Scored(*place, name, f"ood-{kind}", name, directory))
                        for detector in detectors:
                            for name in ("test", "near", "shift", "noise"):
                                score = -sets[name].cosine.max(axis=1).astype(float)
                                score += 0.3 * generator(detector, name, seed).normal(size=len(score))
                                save_detector(directory, detector, name, sets[name], score)
                    _save(directory, sets)
                directory = root / f"cross_{corpus}" / system / "all" / f"seed{seed}"
                sets = {"train": make_set(system, corpus, names, classes, classes, takes, skill * 1.3, seed)}
                for other in corpora:
                    if other != corpus:
                        foreign = [f"{other}-spk{i:02d}" for i in range(speakers)]
                        sets[other] = make_set(system, other, foreign, classes, classes, takes, skill * 0.6, seed)
                        where = (f"cross_{corpus}", system, "all", seed, corpus, other, "cross", other, directory)
                        scored.append(Scored(*where))
                _save(directory, sets)
    return scored


def _save(directory: Path, sets: dict[str, ScoreSet]) -> None:
    for name, scores in sets.items():
        scores.save(directory / "scores" / f"{name}.npz")
    lines = [
        {
            "epoch": epoch,
            "loss": 2.0 * 0.9**epoch,
            "speaker_loss": 1.8 * 0.9**epoch,
            "accuracy": 1 - 0.8 * 0.88**epoch,
            "dev_uar": 0.7 - 0.5 * 0.85**epoch,
        }
        for epoch in range(1, 31)
    ]
    (directory / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
