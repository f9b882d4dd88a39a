"""A Kaldi data directory: stage 1 has made one, so its tables are copied."""

from __future__ import annotations

from pathlib import Path

from sernet.config.corpus import CorpusConfig
from sernet.corpus.examine import unsayable
from sernet.corpus.kaldi_dir import TABLES, lines
from sernet.errors import SernetError
from sernet.pipeline.files import atomic


def write(folder: Path, out: Path, copy: bool, about: CorpusConfig) -> None:
    """Copy the tables of data/<corpus> to ``out``; with ``copy`` or not, wav.scp names the audio where it lies.

    Raises:
        SernetError: stage 1 has not made them, or wav.scp names what Kaldi's tools would run or misread.
    """
    if not (folder / "utt2spk").exists():
        raise SernetError(f"{folder} is not there: prepare the corpus first (bash run.sh --stop-stage prepare)")
    for name, path in lines(folder / "wav.scp"):
        if fault := unsayable(path):
            raise SernetError(f"{folder / 'wav.scp'}: {name}: {fault}")
    with atomic(out) as made:
        made.mkdir()
        for name in TABLES:
            if (folder / name).exists():
                (made / name).write_bytes((folder / name).read_bytes())
