"""Corpora that are described in other formats, as `import_corpus.sh` and `sernet predict` read them."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from fuzz.kinds import kind
from fuzz.mutations import Damage, in_json_lines, in_lines, in_yaml, packed
from fuzz.small import CONFIG, prepared
from fuzz.survival import Case, file_case

from sernet.bundle.inputs import recordings, survey
from sernet.config.features import FeatureConfig
from sernet.corpus import kaldi_dir
from sernet.corpus.cuts import Cuts
from sernet.corpus.exports import audformat as to_audformat
from sernet.corpus.exports import audiofolder as to_audiofolder
from sernet.corpus.exports import csv as to_csv
from sernet.corpus.exports import cutset as to_cutset
from sernet.corpus.exports import kaldi as to_kaldi
from sernet.corpus.exports.rows import rows
from sernet.corpus.imports.sources import kind_of, source
from sernet.corpus.manifests import read_supervisions
from sernet.corpus.utterances import read_cuts
from sernet.features.extraction import extract_split
from sernet.features.front_ends import front_end


def _import(path: Path, **given: str) -> Callable[[], int]:
    """What import_corpus.sh does before it writes, and stage 1 with what it wrote."""

    def read() -> int:
        found = source(path, "tiny", kind_of(path), given, [], None)
        return len(list(found.entries()))

    return read


def _predict(path: Path) -> Callable[[], int]:
    """What sernet predict does: the list is read to its end, then each recording."""

    def read() -> int:
        survey([str(path)])
        return sum(_heard(recording.open) for recording in recordings([str(path)]))

    return read


def _heard(open_: Callable[[], object]) -> int:
    try:
        return sum(len(samples) for samples, _ in open_())  # type: ignore[attr-defined]
    except MemoryError:
        raise
    except Exception:  # one recording's line, whatever it is; the rest goes on
        return 0


@kind("Lhotse manifests: our own, import, predict, export", 1200)
def cutsets(folder: Path) -> Sequence[Case]:
    data = prepared(folder)
    own, foreign = data / "cuts.jsonl.gz", folder / "out" / "cuts.jsonl.gz"
    to_cutset.write(data, foreign, False, CONFIG)
    plain = folder / "out" / "plain.jsonl"
    plain.write_bytes(gzip.decompress(foreign.read_bytes()))
    damage = packed(in_json_lines)
    return [
        file_case(own, damage, lambda: read_cuts(own) and None),
        file_case(own, damage, lambda: list(Cuts(own)) and None),
        file_case(own, damage, lambda: list(rows(data)) and None),
        file_case(own, damage, lambda: _extracted(own, folder / "split"), named=("no features of",)),
        file_case(foreign, damage, _import(foreign)),
        file_case(plain, in_json_lines, _import(plain)),
        file_case(foreign, damage, _predict(foreign)),
    ]


def _extracted(cuts: Path, out: Path) -> None:
    try:
        extract_split(cuts, 0, 2, front_end(FeatureConfig(bins=20)), out)
    finally:
        out.with_suffix(".ark").unlink(missing_ok=True)
        out.with_suffix(".jsonl").unlink(missing_ok=True)


@kind("Kaldi data directories: import, predict", 1000)
def kaldi(folder: Path) -> Sequence[Case]:
    data = prepared(folder)
    out = folder / "out"
    to_kaldi.write(data, out, False, CONFIG)
    (out / "segments").write_text(
        "".join(f"{line.split()[0]} {line.split()[0]} 0.05 -1\n" for line in (out / "wav.scp").read_text().splitlines())
    )
    (out / "reco2file_and_channel").write_text("tiny-f1-f1_A_1 tiny-f1-f1_A_1 A\n")
    whole = folder / "whole"
    shutil.copytree(out, whole)
    for name in ("segments", "reco2file_and_channel"):
        (whole / name).unlink()
    cases = [file_case(path, in_lines, _import(out), named=(str(out),)) for path in sorted(out.iterdir())]
    cases += [file_case(path, in_lines, _import(whole), named=(str(whole),)) for path in sorted(whole.iterdir())]
    return [*cases, *[file_case(whole / "wav.scp", in_lines, _predict(whole / "wav.scp"))] * 4]


@kind("our own data directory, checked", 300)
def own(folder: Path) -> Sequence[Case]:
    data = prepared(folder)
    manifest = data / "supervisions.jsonl.gz"
    tables = [data / name for name in kaldi_dir.TABLES if (data / name).exists()]

    def check() -> None:
        kaldi_dir.check(data, read_supervisions(manifest))

    cases = [file_case(path, in_lines, check, named=(str(data),)) for path in tables]
    return [*cases, file_case(manifest, packed(in_json_lines), check, named=(str(data),))]


@kind("CSV, TSV, metadata.csv", 700)
def csv(folder: Path) -> Sequence[Case]:
    data = prepared(folder)
    to_csv.write(data, folder / "out" / "list.csv", False, CONFIG)
    text = (folder / "out" / "list.csv").read_text()
    tabs = folder / "out" / "list.tsv"
    tabs.write_text("\n".join("\t".join(line.split(",")) for line in text.splitlines()) + "\n")
    times = folder / "out" / "times.csv"
    lines = text.splitlines()
    times.write_text("\n".join([lines[0] + ",start,duration", *(f"{line},0.01,0.1" for line in lines[1:])]) + "\n")
    to_audiofolder.write(data, folder / "audiofolder", False, CONFIG)
    meta = folder / "audiofolder" / "metadata.csv"
    return [
        *(file_case(path, in_lines, _import(path)) for path in (folder / "out" / "list.csv", tabs, times)),
        file_case(meta, in_lines, _import(meta.parent), named=("audiofolder",)),
    ]


@kind("audformat", 700)
def audformat(folder: Path) -> Sequence[Case]:
    data = prepared(folder)
    out = folder / "out"
    to_audformat.write(data, out, False, CONFIG)
    damages: dict[str, Damage] = {".yaml": in_yaml, ".csv": in_lines}
    read = _import(out)
    cases = [
        file_case(path, damages[path.suffix], read, named=(str(out), "--table"))
        for path in sorted(out.iterdir())
        if path.suffix in damages
    ]
    return [*cases, *[case for case in cases if ".yaml" in case.named[0]] * 3]
