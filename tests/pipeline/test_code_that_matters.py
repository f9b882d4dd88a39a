"""Which changes of this project's own code make which of its jobs stale: texts and additions none, arithmetic all."""

from __future__ import annotations

from pathlib import Path

import pytest

from sernet.pipeline.digests import ModuleDigests
from sernet.pipeline.stamps import Stamp, differences

ROOT = Path(__file__).resolve().parents[2]
JOBS = {
    "train": ("sernet.train.loop", "sernet.data.load"),
    "linear": ("sernet.train.linear", "sernet.data.load"),
    "score": ("sernet.score.infer", "sernet.score.files", "sernet.data.load"),
    "ood": ("sernet.ood.suite", "sernet.ood.store", "sernet.data.load"),
    "features": ("sernet.features.extraction", "sernet.features.fbank"),
    "prepare": ("sernet.corpus.entries", "sernet.corpus.manifests", "sernet.corpus.kaldi_dir", "sernet.corpus.checks"),
    "folds": ("sernet.data.protocols", "sernet.data.partition", "sernet.corpus.cuts"),
    "timeline": ("sernet.timeline.store", "sernet.train.sequence"),
}
"""As local/*.py name them."""


NOW = ModuleDigests(ROOT)


class Edited(ModuleDigests):
    """The code as it would be with one text replaced in one file."""

    def __init__(self, path: str, old: str, new: str) -> None:
        super().__init__(ROOT)
        self._edit = ROOT / path, old, new
        # All other modules are as they are.
        edited = path.removesuffix(".py").replace("/", ".")
        self._read = {name: module for name, module in NOW._read.items() if name != edited}

    def source(self, path: Path) -> bytes:
        text = super().source(path)
        edited, old, new = self._edit
        if path != edited:
            return text
        assert old in text.decode(), f"{path} no longer holds {old!r}: mend this test"
        return text.decode().replace(old, new, 1).encode()


def stale(path: str, old: str, new: str) -> set[str]:
    found = set()
    before = {name: NOW.of_modules(roots) for name, roots in JOBS.items()}
    after = Edited(path, old, new)
    for name, roots in JOBS.items():
        stamp = Stamp(config={}, inputs={}, modules=dict(before[name]), outputs={})
        now = {"config": {}, "inputs": {}, "at default": [], "modules": after.of_modules(roots)}
        if differences(stamp, now, roots):
            found.add(name)
    return found


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("sernet/config/model.py", '["sernet", "frames"', '["sernet", "brand_new", "frames"'),
        ("sernet/config/training.py", '"of one cosine cycle"', '"the highest rate, of one cosine cycle"'),
        ("sernet/config/training.py", "    mixup: float", "    reverb: float = Field(0.0, ge=0)\n    mixup: float"),
        (
            "sernet/config/training.py",
            'Literal["float32", "bf16", "auto"]',
            'Literal["float32", "bf16", "fp8", "auto"]',
        ),
        ("sernet/config/features.py", '"mel filters"', '"how many mel filters"'),
        ("sernet/config/ood.py", '    "bandwidth",\n]', '    "bandwidth",\n    "brand_new",\n]'),
        (
            "sernet/config/peers.py",
            "PEERS: dict[str, dict[str, Any]] = {",
            'PEERS: dict[str, dict[str, Any]] = {\n    "new": {},',
        ),
        ("sernet/pipeline/progress.py", "s left", "seconds left"),
        ("sernet/errors.py", " more", " others"),
        ("sernet/emotions.py", '    "no_agreement",\n', '    "no_agreement",\n    "nostalgia",\n'),
        ("sernet/emotions.py", '{"calm"}', '{"calm", "sleepiness"}'),
        (
            "sernet/corpus/utterances.py",
            "    duration: float = 0.0",
            "    duration: float = 0.0\n    dialect: str | None = None",
        ),
        ("sernet/train/loop.py", "there is no dev utterance", "no dev utterance is there"),
        ("sernet/train/loop.py", "starting over", "beginning again"),
        (
            "sernet/train/loop.py",
            "def _write_history(",
            "def unused(x: int) -> int:\n    return x + 1\n\n\ndef _write_history(",
        ),
        ("sernet/train/trainer.py", '"""One update', '"""A step'),
        (
            "sernet/train/trainer.py",
            "def step(self, batch: Batch, step: int)",
            "def step(self, batch: object, step: float)",
        ),
        (
            "sernet/data/load.py",
            "from __future__ import annotations",
            "from __future__ import annotations\n\nimport colorsys",
        ),
    ],
)
def test_texts_schemas_and_additions_leave_every_job_valid(path: str, old: str, new: str) -> None:
    assert stale(path, old, new) == set()


@pytest.mark.parametrize(
    ("path", "old", "new", "jobs"),
    [
        ("sernet/train/trainer.py", "peak / 25, 1 -", "peak / 26, 1 -", {"train"}),
        ("sernet/train/trainer.py", "(low + (peak - low)", "(low - (peak - low)", {"train"}),
        ("sernet/config/training.py", "PRESENTED = 30, 20000", "PRESENTED = 30, 30000", {"train"}),
        ("sernet/config/training.py", "math.ceil(PRESENTED", "math.floor(PRESENTED", {"train"}),
        (
            "sernet/model/margin.py",
            "def mask_classes",
            "def cosine(x, y):\n    return x @ y\n\n\ndef mask_classes",
            {"train", "score", "ood"},
        ),
        ("sernet/draws.py", "hashlib.", "hashlib.blake2b and hashlib.", {"train", "ood", "folds"}),
        ("sernet/train/checkpoint.py", '"digest"', '"sum"', {"train"}),
        ("sernet/features/ark.py", "import numpy as np", "import numpy.ma as np", {"features"}),
    ],
)
def test_what_changes_a_result_is_seen(path: str, old: str, new: str, jobs: set[str]) -> None:
    if old.startswith("("):
        old, new = old[1:], new[1:]
    assert jobs <= stale(path, old, new)


@pytest.mark.parametrize(
    ("added", "seen"),
    [
        ("class New:\n    def __init__(self):\n        self.x = 1\n\n\n", False),
        ("def len(x):\n    return 3\n\n\n", True),
        ("torch.use_deterministic_algorithms(False)\n\n\n", True),
    ],
)
def test_an_addition_counts_only_where_it_acts_by_itself(added: str, seen: bool) -> None:
    start = "def _write_history("
    assert ("train" in stale("sernet/train/loop.py", start, added + start)) == seen


def test_code_beside_what_a_job_uses_does_not_matter() -> None:
    assert "train" not in stale("sernet/corpus/utterances.py", 'custom.get("session")', 'custom.get("sitting")')
    assert "folds" in stale("sernet/corpus/utterances.py", 'cut["duration"]', 'cut["length"]')
