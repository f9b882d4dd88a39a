"""A corpus that was there, but that none of the runs chosen by `only` needs, was said to be absent."""

from pathlib import Path

from local import corpora
from sernet.config.load import load_recipe
from sernet.experiment import Experiment

EGS = Path(__file__).parents[2] / "egs"


def announced(tmp_path: Path) -> list[str]:
    experiment = Experiment(load_recipe(EGS, "multi", {"only": "[to-urdu]"}), tmp_path, corpus_root=tmp_path)
    return [line for line in corpora.announce(experiment) if "not there" in line]


def test_only_what_is_absent_is_called_so(tmp_path: Path) -> None:
    for name in ("ravdess", "emodb", "emovo", "urdu", "fsdd"):
        (tmp_path / name).mkdir()
    assert [line.split(":")[0] for line in announced(tmp_path)] == ["esc10"]
    (tmp_path / "esc10").mkdir()
    assert announced(tmp_path) == []
