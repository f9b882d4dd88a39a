"""What a user writes: recipes, corpora, published folds, lists of folds, options."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml
from fuzz.kinds import kind
from fuzz.mutations import VALUES, WORDS, in_lines, in_yaml
from fuzz.small import prepared
from fuzz.survival import Case, file_case
from hypothesis import strategies as st

from sernet.config.load import load_corpus, load_recipe
from sernet.corpus.cuts import Cuts
from sernet.data import partition, protocols
from sernet.experiment import Experiment
from sernet.pipeline.options import parse

ROOT = Path(__file__).resolve().parents[2]
EGS = ROOT / "egs"
KEYS = (
    *(
        "train.epochs",
        "train.batch_size",
        "train.lr",
        "train.augment",
        "train.crop_seconds",
        "model.embedding",
        "seeds",
    ),
    *("runs.single.classes", "runs.single.protocol", "runs.single.ood", "ood.detectors", "ood.sets", "features.bins"),
    *(
        "features",
        "systems",
        "runs",
        "corpora.mini_en.root",
        "title",
        "only",
        "tuned_on",
        "timeline",
        "systems.am.model",
    ),
    *("features.sample_rate", "model.encoder.channels", "train.balance", "x", "runs.single.start_from", "ood.options"),
)
TAGGED = (
    "2020-13-45",
    "!!timestamp x",
    "!!float",
    "!!int x",
    "[" * 2000,
    "{" * 2000,
    "&a [*a]",
    "*a",
    "{a: 1, a: 2}",
    "- - -",
)


def _copied(folder: Path, *names: str) -> Path:
    egs = folder / "egs"
    for name in names:
        shutil.copytree(EGS / name, egs / name, ignore=shutil.ignore_patterns("predictions", "results.json"))
    return egs


@kind("recipe.yaml, corpus.yaml", 700)
def recipes(folder: Path) -> Sequence[Case]:
    egs = _copied(folder, "mini", "ravdess", "emovo")

    def planned(name: str) -> None:
        """As far as every command goes with it."""
        recipe = load_recipe(egs, name, {})
        for run in Experiment(recipe, folder / "work", corpus_root=folder).recipe.config.runs.values():
            for system in recipe.config.systems_of(run):
                recipe.settings(run, system)

    return [
        file_case(egs / "mini" / "conf" / "recipe.yaml", in_yaml, lambda: planned("mini"), named=("corpus",)),
        file_case(egs / "mini" / "corpus.yaml", in_yaml, lambda: planned("mini"), named=("recipe.yaml",)),
        file_case(egs / "emovo" / "corpus.yaml", in_yaml, lambda: load_corpus(egs, "emovo")),
    ]


@kind("corpus.yaml with published folds", 300)
def published(folder: Path) -> Sequence[Case]:
    egs = _copied(folder, "ravdess")
    path = egs / "ravdess" / "corpus.yaml"
    corpus = yaml.safe_load(path.read_text())
    lists = egs / "ravdess" / "folds" / "mine.yaml"
    lists.parent.mkdir(exist_ok=True)
    lists.write_text(yaml.safe_dump(next(iter(corpus["folds"].values()))))
    only_folds = {key: value for key, value in corpus.items() if key != "folds"} | {"folds": corpus["folds"]}
    path.write_text(yaml.safe_dump(only_folds))
    return [
        file_case(path, in_yaml, lambda: load_corpus(egs, "ravdess")),
        file_case(lists, in_yaml, lambda: load_corpus(egs, "ravdess"), named=("corpus.yaml",)),
    ]


@kind("--set", 1000)
def settings(folder: Path) -> Sequence[Case]:
    values = st.one_of(
        st.sampled_from([*WORDS, *TAGGED]),
        st.sampled_from(VALUES).map(lambda value: yaml.safe_dump(value, allow_unicode=False)),
        st.text(max_size=20),
        st.integers().map(str),
        st.floats().map(str),
        st.lists(st.sampled_from(["anger", "1", "[", "]", "{", "}", ":", " ", ",", "neutral", "'"]), max_size=9).map(
            "".join
        ),
    )
    pairs = st.dictionaries(st.sampled_from(KEYS), values, min_size=1, max_size=2)

    def read(given: dict[str, str]) -> None:
        words = [word for key, value in given.items() for word in ("--set", f"{key}={value}")]
        request = parse(["--recipe", "mini", *words], ROOT)
        recipe = load_recipe(EGS, request.recipe, request.settings)
        for run in recipe.config.runs.values():
            for system in recipe.config.systems_of(run):
                recipe.settings(run, system)

    return [Case(pairs, read)]


@kind("other options", 500)
def options(folder: Path) -> Sequence[Case]:
    names = ("--recipe", "--stage", "--stop-stage", "--corpus-root", "--nj", "--cmd", "--device", "--ngpu", "--workdir")
    word = st.one_of(
        st.sampled_from(
            [*names, "--tag", "--seeds", "--set", "--force", "--dry-run", "--", "-x", "mini", "0", "1 2", "cpu"]
        ),
        st.sampled_from(WORDS),
        st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=10),
    )

    return [Case(st.lists(word, max_size=6), lambda words: parse(words, ROOT) and None)]


@kind("lists of folds", 300)
def lists(folder: Path) -> Sequence[Case]:
    cuts = Cuts(prepared(folder) / "cuts.jsonl.gz")
    mine = folder / "mine"
    for number, (test, dev) in enumerate((("f1", "m1"), ("m2", "f10"))):
        (mine / f"fold{number}").mkdir(parents=True)
        (mine / f"fold{number}" / "test").write_text(f"tiny-{test}\n")
        (mine / f"fold{number}" / "dev").write_text(f"{dev}\n")
    (mine / "fold1" / "train").write_text("f1 tiny-f1-f1_A_1\nm1\n")

    def read() -> None:
        protocol = {"kind": "lists", "name": None, "groups": None, "unknown_speakers": "refuse"}
        run = {"classes": ["anger", "neutral"], "merge": {}, "protocol": protocol, "dev_speakers": 1}
        published = {"tiny": {"lists": protocols.read_lists(mine)}}
        config = {"run": run, "train": ["tiny"], "tests": [], "published": published, "needs_gender": False}
        partition.folds(config, {"tiny": cuts}, "run r")

    return [file_case(path, in_lines, read, named=("run r", "mine", "tiny")) for path in sorted(mine.glob("*/*"))]
