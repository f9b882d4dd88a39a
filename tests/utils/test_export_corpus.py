"""The command that writes a prepared corpus; the formats are tested in tests/corpus/test_imports.py."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sernet.corpus import kaldi_dir, manifests
from sernet.corpus.entries import read_entries
from tiny import Tiny, tiny
from utils import export_corpus

__all__ = ["tiny"]


def test_it_writes_what_is_prepared_once_and_nothing_else(
    tiny: Tiny,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "egs" / "tiny").mkdir(parents=True)
    (tmp_path / "egs" / "tiny" / "corpus.yaml").write_text(yaml.safe_dump(tiny.raw))
    monkeypatch.setenv("SERNET_CALLER", str(tmp_path))
    command = ["tiny", "csv", "list.csv", "--workdir", "work"]
    assert export_corpus.main(command, tmp_path / "egs") == 1
    assert "prepare the corpus first" in capsys.readouterr().err and not (tmp_path / "list.csv").exists()
    made, _ = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
    manifests.write(made, tmp_path / "work" / "data" / "tiny")
    kaldi_dir.write(made, tmp_path / "work" / "data" / "tiny")
    assert export_corpus.main(command, tmp_path / "egs") == 0
    assert len((tmp_path / "list.csv").read_text().splitlines()) == 17
    assert export_corpus.main(command, tmp_path / "egs") == 1
    assert "is there already, and is left as it is" in capsys.readouterr().err
    assert export_corpus.main(["tiny", "cutset", "cuts.json", "--workdir", "work"], tmp_path / "egs") == 1
    assert "must be called *.jsonl.gz" in capsys.readouterr().err
    assert export_corpus.main(["nobody", "csv", "x.csv"], tmp_path / "egs") == 2
