"""A recipe could not define a sum of peers unless a run or a `versus` named them, too: "no system 'cut-ridge'"."""

from pathlib import Path

from sernet.config.load import load_recipe

EGS = Path(__file__).parents[2] / "egs"


def test_a_sum_may_be_made_of_peers_that_nothing_else_names() -> None:
    config = load_recipe(EGS, "fine", {"systems.both": "{fuse: {egemaps-svm: 1, cut-ridge: 2}}"}).config
    assert config.systems["both"].fuse == {"egemaps-svm": 1, "cut-ridge": 2}
    trained = {name for run in config.runs.values() for name in config.systems_of(run)}
    assert not {"both", "egemaps-svm", "cut-ridge"} & trained
