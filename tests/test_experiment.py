"""Which utterances a model trains on and is tested on, from the fold files that stage 1 wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local import score, train
from sernet.experiment import Experiment
from tiny import RAW, Tiny
from tiny import tiny as tiny
from tiny_experiment import asked, prepared, write_lists

FOLD = {
    "train": [f"{speaker}_{name}" for speaker in ("f1", "m1") for name in ("A_1", "N_1")],
    "dev": ["m2_A_1", "m2_N_1"],
    "test": ["f10_A_1", "f10_N_1", "f10_S_1"],
}
"""Of each speaker, the second of two sentences is in no part."""
RECIPE: dict[str, Any] = {
    "title": "t",
    "seeds": [0],
    "systems": {"net": {}},
    "runs": {
        "r": {
            "corpora": ["tiny"],
            "classes": ["anger", "neutral"],
            "protocol": {"kind": "session"},
            "systems": ["net"],
            "dev_speakers": 1,
            "ood": ["near", "reversed", "reversed-dev"],
        }
    },
    "ood": {
        "sets": {
            "near": {"condition": "ood-near", "source": "held-out"},
            "reversed": {"condition": "ood-far", "source": "reversed"},
            "reversed-dev": {"condition": "ood-far", "source": "reversed", "split": "dev"},
        }
    },
}


@pytest.fixture
def listed(tiny: Tiny, tmp_path: Path) -> Experiment:
    """Stages 1 and 2 with a user's list by utterance; the speakers f10 and m1 are sad, too."""
    for number, name in enumerate(("f10_S_1", "f10_S_2", "m1_S_1", "m1_S_2"), start=1):
        tiny.add(f"{name}.wav", number)
    tiny.raw["maps"] = {"emotion": RAW["maps"]["emotion"] | {"S": "sadness"}}
    tiny.raw["expected"] = {"utterances": 20, "speakers": 4}
    return prepared(tiny, tmp_path, write_lists(tmp_path / "mine", FOLD), recipe=RECIPE)


def ids(*names: str) -> set[str]:
    """Our ids of the corpus's file names."""
    return {f"tiny-{name.partition('_')[0]}-{name}" for name in names}


def test_utterances_that_a_list_leaves_out_are_not_used(listed: Experiment, tmp_path: Path) -> None:
    ((job,),) = train.jobs(listed, asked(tmp_path), lambda _: None)
    for part in ("train", "dev"):
        assert set(job.arguments[part]) == ids(*FOLD[part]), part
    made, scored = score.jobs(listed, asked(tmp_path), lambda _: None)
    used = {job.stamp.stem: set(job.arguments["utterances"]) for job in scored}
    used |= {job.stamp.stem: set(job.config["ID utterances"]) for job in made}
    with_a_class = ids("f10_A_1", "f10_N_1")
    assert used == {
        "train": ids(*FOLD["train"]),
        "dev": ids(*FOLD["dev"]),
        "test": with_a_class,
        "near": ids("f10_S_1"),  # not f10_S_2, and not what a training speaker said
        "reversed": with_a_class,
        "reversed-dev": ids(*FOLD["dev"]),
    }
