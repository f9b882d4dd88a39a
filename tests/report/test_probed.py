"""Rows and tables of the probes, against what the probes said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import recall_score

from sernet.errors import SernetError
from sernet.report.markdown import results_markdown
from sernet.report.probe_tables import probe_tables
from sernet.report.probed import left_out, reading
from sernet.report.results import Row, build_results, select
from sernet.report.tables import show
from sernet.score.files import Scored, ScoreSet
from sernet.score.probes import probe

ATTRIBUTES = ("speaker", "gender", "corpus")
Maker = Callable[..., list[Scored]]


def value_of(attribute: str, scores: ScoreSet) -> dict[str, str]:
    """Even speakers are women; every corpus has one name."""
    of = {"speaker": scores.speaker, "corpus": scores.corpus}
    of["gender"] = np.asarray([("female", "male")[int(who[-2:]) // 2 % 2] for who in scores.speaker])
    return dict(zip(map(str, scores.utt_id), map(str, of[attribute]), strict=True))


@pytest.fixture(scope="module")
def probed(make: Maker, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Scored], list[Row]]:
    """Two systems, two seeds, two folds, single and cross, as the stage score leaves them."""
    scored = make(tmp_path_factory.mktemp("probed"), systems=("am", "msac"), seeds=(0, 1), takes=2, ood=False)
    scored = [item for item in scored if item.train == "mini_en"]
    for item in scored:
        train, test = ScoreSet.load(item.file("train")), ScoreSet.load(item.score_file)
        for attribute in ATTRIBUTES:
            values = value_of(attribute, train) | value_of(attribute, test)
            for name, asked in (("train", None), (item.set, test)):
                probe(attribute, train, asked, values).save(item.directory / "probes" / attribute / f"{name}.npz")
    return scored, build_results(scored, "mini", versus={"msac": ["am"]}, probes=ATTRIBUTES)


def one(rows: list[Row], **where: object) -> Row:
    (row,) = select(rows, **where)
    return row


@pytest.mark.parametrize("metric", ["probe:gender", "probe:speaker", "probe_train:gender", "probe_train:speaker"])
def test_values_are_uars_and_their_means(probed: tuple[list[Scored], list[Row]], metric: str) -> None:
    scored, rows = probed
    kind, attribute = metric.split(":")
    where = {"run": "single_mini_en", "condition": "single", "metric": metric}
    means = {}
    for system in ("am", "msac"):
        by_model = {}
        for item in scored:
            if (item.run, item.system) == ("single_mini_en", system):
                said = reading(item, attribute, kind)
                by_model[item.seed, item.fold] = recall_score(said.value, said.told, average="macro")
        for (seed, fold), uar in by_model.items():
            assert one(rows, system=system, seed=seed, fold=fold, **where)["value"] == pytest.approx(uar, abs=1e-6)
        row = one(rows, system=system, seed=None, fold="mean", versus=None, **where)
        means[system] = np.mean(list(by_model.values()))
        assert row["value"] == pytest.approx(means[system], abs=1e-6)
        assert (row["n"], row["n_speakers"]) == (80, 8)
        assert (row["ci_low"] is None) == (attribute == "speaker")
    row = one(rows, system="msac", versus="am", **where)
    assert row["value"] == pytest.approx(means["msac"] - means["am"], abs=2e-6)
    speakers = 4
    chance = 1 / speakers if attribute == "speaker" else 1 / 2
    assert one(rows, system="majority", **where)["value"] == pytest.approx(chance)


def test_folds_without_common_utterances_are_pooled_and_speakers_never(
    probed: tuple[list[Scored], list[Row]],
) -> None:
    scored, rows = probed
    per_seed = []
    for seed in (0, 1):
        said = [
            reading(i, "gender", "probe") for i in scored if (i.run, i.system, i.seed) == ("single_mini_en", "am", seed)
        ]
        value, told = (np.concatenate([getattr(some, name) for some in said]) for name in ("value", "told"))
        per_seed.append(recall_score(value, told, average="macro"))
    pooled = select(rows, run="single_mini_en", system="am", seed=None, fold=None)
    probes = {row["metric"]: row for row in pooled if row["metric"].startswith("probe")}
    assert set(probes) == {"probe:gender", "probe_train:gender"}  # of two folds, the training sets are disjoint
    assert probes["probe:gender"]["value"] == pytest.approx(np.mean(per_seed), abs=1e-6)
    assert probes["probe:gender"]["ci_low"] < probes["probe:gender"]["value"] < probes["probe:gender"]["ci_high"]


def test_the_table_has_every_probe_and_what_cannot_be_read_is_said(probed: tuple[list[Scored], list[Row]]) -> None:
    scored, rows = probed
    values, *differences = probe_tables(rows)
    assert [line[:4] for line in values.body if line[0] == "cross_mini_en"] == [
        ["cross_mini_en", "mini_en -> mini_de", attribute, whose]
        for attribute in ("gender", "speaker")
        for whose in ("test", "training")
    ]
    line = next(line for line in values.body if line[:4] == ["single_mini_en", "mini_en", "speaker", "test"])
    where = {"run": "single_mini_en", "metric": "probe:speaker", "seed": None, "fold": "mean", "versus": None}
    assert line[4:7] == ["0.250", *(show(one(rows, system=name, **where)) for name in ("am", "msac"))]
    assert [line[1] for line in differences[0].body] == ["msac - am"]
    said = left_out(scored, ATTRIBUTES)
    assert said["probe:corpus, single_mini_en:"] == "the training set has one value, mini_en"
    assert set(said) == {
        f"{kind}:corpus, {run}:" for kind in ("probe", "probe_train") for run in {i.run for i in scored}
    }
    text = results_markdown(rows, {"not probed": said})
    assert "the training set has one value, mini_en" in text and "- `probe:<attribute>`: UAR of <attribute>" in text


def test_without_the_stage_score_the_missing_file_is_named(make: Maker, tmp_path: Path) -> None:
    scored = make(tmp_path, corpora=("mini_en",), systems=("am",), ood=False)
    with pytest.raises(SernetError, match="probes/gender/test.npz is missing: run the stage score"):
        build_results(scored, "mini", probes=("gender",))
