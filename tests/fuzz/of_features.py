"""Arks and their tables, splits that were killed, what is made for OOD tests and timelines."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fuzz.kinds import kind
from fuzz.mutations import in_arrays, in_bytes, in_json_lines, in_lines, packed
from fuzz.small import prepared
from fuzz.survival import Case, file_case

from sernet.config.features import FeatureConfig
from sernet.corpus import hearing
from sernet.corpus.cuts import Cuts
from sernet.corpus.utterances import read_cuts
from sernet.data.load import load_examples
from sernet.features import ark
from sernet.features.extraction import extract_split, merge
from sernet.features.front_ends import front_end
from sernet.ood.store import load_set
from sernet.timeline.store import load_windows, read_features, read_index, save_windows
from sernet.timeline.windows import Windows

FEATURES = front_end(FeatureConfig(bins=20))


def _ark(path: Path, storage: str) -> dict[str, int]:
    """Keys -> offsets of three matrices."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draws = np.random.default_rng(0)
    with open(path, "wb") as stream:
        return {
            key: ark.append(stream, key, draws.random((frames, 20)).astype(np.float32), storage)
            for key, frames in {"a": 30, "bb": 1, "c-c": 12}.items()
        }


@kind("Kaldi arks", 800)
def arks(folder: Path) -> Sequence[Case]:
    cases = []
    for storage in ("float32", "int16"):
        path = folder / storage / "feats.ark"
        offsets = _ark(path, storage)
        places = [(offset, key) for key, offset in offsets.items()]
        cases.append(file_case(path, in_bytes, lambda path=path, places=places: ark.read_all(path, places)))  # type: ignore[misc]
        cases.append(file_case(path, in_bytes, lambda path=path, at=offsets["c-c"]: ark.read(path, at, 3, 5)))  # type: ignore[misc]
    return cases


@kind("feats.scp", 400)
def scp(folder: Path) -> Sequence[Case]:
    offsets = _ark(folder / "feats.ark", "float32")
    path = folder / "feats.scp"
    path.write_text("".join(f"{key} {folder / 'feats.ark'}:{offset}\n" for key, offset in offsets.items()))

    def read() -> None:
        for place, offset in ark.read_scp(path).values():
            ark.read(place, offset)

    return [file_case(path, in_lines, read, named=("feats.ark", ".ark", "cannot be read"))]


@kind("index and ark of a killed split", 400)
def splits(folder: Path) -> Sequence[Case]:
    cuts = prepared(folder) / "cuts.jsonl.gz"
    extract_split(cuts, 0, 6, FEATURES, folder / "whole")
    out, killed = folder / "split", folder / "killed"

    def run() -> tuple[bytes, bytes]:
        """Go on from what is there, as a job does whose predecessor was killed."""
        extract_split(cuts, 0, 6, FEATURES, out)
        return out.with_suffix(".ark").read_bytes(), out.with_suffix(".jsonl").read_bytes()

    run()
    for suffix in (".ark", ".jsonl"):
        data = out.with_suffix(suffix).read_bytes()
        killed.with_suffix(suffix).write_bytes(data[: 2 * len(data) // 3])

    def going_on(suffix: str) -> Case:
        def read() -> tuple[bytes, bytes]:
            other = ".ark" if suffix == ".jsonl" else ".jsonl"
            shutil.copy(killed.with_suffix(other), out.with_suffix(other))
            return run()

        shutil.copy(killed.with_suffix(suffix), out.with_suffix(suffix))
        return file_case(out.with_suffix(suffix), in_lines if suffix == ".jsonl" else in_bytes, read, exact=True)

    cases = [going_on(".jsonl"), going_on(".ark")]
    done, rest, into = folder / "whole", folder / "rest", folder / "features"
    extract_split(cuts, 6, 99, FEATURES, rest)

    def join() -> bytes:
        merge(cuts, [done, rest], FEATURES.config, into)
        return (into / "feats.ark").read_bytes()

    for suffix, damage in {".jsonl": in_lines, ".ark": in_bytes}.items():
        cases.append(file_case(done.with_suffix(suffix), damage, join, exact=True, named=("whole.jsonl",)))
    return cases


@kind("cuts with features", 200)
def features(folder: Path) -> Sequence[Case]:
    cuts, into = prepared(folder) / "cuts.jsonl.gz", folder / "features"
    extract_split(cuts, 0, 99, FEATURES, folder / "split")
    merge(cuts, [folder / "split"], FEATURES.config, into)
    path = into / "cuts.jsonl.gz"

    def read() -> None:
        items = read_cuts(path)
        load_examples({item.utterance.corpus: into for item in items}, items)

    return [file_case(path, packed(in_json_lines), read, named=("feats.ark",))]


@kind("what was heard of a corpus", 100)
def heard(folder: Path) -> Sequence[Case]:
    data = prepared(folder)
    path, cuts = data / "heard.npz", data / "cuts.jsonl.gz"
    hearing.write(hearing.hear(Cuts(cuts)), path)

    def read() -> list[str]:
        return [f"{sound.rate} {sound.duration}" for sound in hearing.of_corpus(data).sounds]

    return [file_case(path, in_arrays, lambda: read() and None), file_case(path, in_bytes, read, exact=True)]


@kind("indices of far sets and of made recordings, windows", 500)
def indices(folder: Path) -> Sequence[Case]:
    far, made, windows = folder / "noise.ark", folder / "made.ark", folder / "windows.npz"
    lines: list[dict[str, Any]] = [
        {"id": key, "speaker": "s" if key == "a" else "", "duration": 0.3, "offset": offset}
        for key, offset in _ark(far, "float32").items()
    ]
    lines[0]["emotion"] = "anger"
    _lines(far.with_suffix(".jsonl"), lines)
    said = {"pattern": "anger-neutral", "pieces": ["u1"], "reference": [[0.0, 0.2, "neutral"], [0.2, 0.3, "anger"]]}
    _lines(made.with_suffix(".jsonl"), [{k: v for k, v in line.items() if k != "emotion"} | said for line in lines])
    _ark(made, "float32")
    draws = np.random.default_rng(0)
    scores = draws.random((4, 2)).astype(np.float32)
    save_windows(windows, [Windows(1.0, scores, scores, draws.random((4, 3)).astype(np.float32), scores[:, 0])] * 2)
    return [
        file_case(far.with_suffix(".jsonl"), in_json_lines, lambda: load_set(far), named=("noise.ark",)),
        file_case(far, in_bytes, lambda: load_set(far)),
        file_case(
            made.with_suffix(".jsonl"),
            in_json_lines,
            lambda: list(read_features(made, read_index(made))),
            named=("made.ark",),
        ),
        file_case(windows, in_arrays, lambda: load_windows(windows)),
    ]


def _lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
