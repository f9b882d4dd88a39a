"""Bundles from a stranger: damaged, and damaged with checksums made to fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from fuzz.kinds import kind
from fuzz.mutations import Damage, in_bytes, in_json, in_one_bit, in_tensors
from fuzz.survival import Case, file_case

from bundle.conftest import sound, trained
from sernet.bundle import export
from sernet.bundle.format import CONTENTS, STATISTICS, WEIGHTS, digest, seal
from sernet.bundle.predictor import load
from sernet.bundle.source import find

RATE = 16000
TENSORS = (WEIGHTS, STATISTICS)


def _bundle(folder: Path) -> Path:
    experiment = trained(folder / "work")
    export.export(find(experiment, {}), folder / "bundle", egs=folder / "work" / "egs", onnx=False)
    return folder / "bundle"


def _answer(bundle: Path) -> Callable[[], str]:
    """What `sernet predict` does with it: one recording."""

    def read() -> str:
        found = load(bundle, engine="torch").predict(sound(1), RATE)
        values = [*found.posterior.values(), found.confidence, found.ood]
        if not np.isfinite([value for value in values if value is not None]).all():
            return "not finite"
        return json.dumps([found.emotion, *(round(float(v), 4) for v in values if v is not None)])

    return read


@kind("bundle.json, and files whose checksums do not fit", 800)
def damaged(folder: Path) -> Sequence[Case]:
    bundle = _bundle(folder)
    answer = _answer(bundle)
    contents = file_case(bundle / CONTENTS, in_json, answer, exact=True)
    tensors = [file_case(bundle / name, in_bytes, answer, exact=True) for name in TENSORS]
    bit = file_case(bundle / CONTENTS, in_one_bit, answer, exact=True)
    return [contents, bit, bit, *tensors]


@kind("bundle, checksums made to fit", 500)
def fitting(folder: Path) -> Sequence[Case]:
    bundle = _bundle(folder)
    return [*(_fitted(bundle, name, in_tensors) for name in TENSORS), _fitted(bundle, CONTENTS, in_json)]


def _fitted(bundle: Path, name: str, damage: Damage) -> Case:
    copy = bundle.parent / f"fitting-{name}"
    whole = (bundle / name).read_bytes()
    answer = _answer(copy)

    def read(data: bytes) -> None:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(bundle, copy)
        (copy / name).write_bytes(data)
        if name != CONTENTS:
            contents = json.loads((copy / CONTENTS).read_text())
            contents["files"][name] = digest(copy / name)
            (copy / CONTENTS).write_text(json.dumps(contents))
        seal(copy)
        if answer() == "not finite":
            raise AssertionError("a prediction that is not finite")

    return Case(damage(whole), read, named=(copy.name, "bundle"))
