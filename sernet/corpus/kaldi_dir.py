"""The Kaldi data directory of a corpus, and its check against the Lhotse manifests.

Files are sorted as C sorts, `utt2spk` ids begin with their speaker. Beyond Kaldi's own there are `utt2emo` (canonical
emotion), `utt2lang`, and `reco2file_and_channel` where a channel other than the first is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lhotse import SupervisionSegment

from sernet.corpus.manifests import Manifests
from sernet.errors import SernetError
from sernet.pipeline.files import write_text

GENDERS = {"female": "f", "male": "m"}
TABLES = (
    *("wav.scp", "segments", "reco2file_and_channel", "text"),
    *("utt2spk", "spk2utt", "spk2gender", "utt2emo", "utt2lang", "utt2dur"),
)
PER_UTTERANCE = ("utt2spk", "utt2emo", "utt2lang", "utt2dur", "text", "segments", "utt2num_frames", "feats.scp")


def tables(manifests: Manifests) -> dict[str, dict[str, str]]:
    """File name -> key -> value, for every file that the corpus has something to say in."""
    supervisions = list(manifests.supervisions)
    recordings = {recording.id: recording for recording in manifests.recordings}
    segmented = any(s.recording_id != s.id for s in supervisions)
    files = {
        "wav.scp": {key: str(recording.sources[0].source) for key, recording in recordings.items()},
        "utt2spk": {s.id: s.speaker for s in supervisions},
        "utt2emo": {s.id: s.custom["emotion"] for s in supervisions if "emotion" in s.custom},
        "utt2lang": {s.id: s.language for s in supervisions if s.language},
        "utt2dur": {s.id: f"{s.duration:.6f}" for s in supervisions},
        "text": {s.id: " ".join(s.text.split()) for s in supervisions if s.text},
        "spk2utt": _inverse(supervisions),
        "spk2gender": {s.speaker: GENDERS[s.gender] for s in supervisions if s.gender in GENDERS},
        "segments": {s.id: f"{s.recording_id} {s.start:.6f} {s.end:.6f}" for s in supervisions} if segmented else {},
        "reco2file_and_channel": {
            s.recording_id: f"{s.recording_id} {'AB'[int(s.channel)]}"
            for s in supervisions
            if len(recordings[s.recording_id].channel_ids) == 2
        },
    }
    return {name: table for name, table in files.items() if table}


def write(manifests: Manifests, folder: Path) -> list[Path]:
    """Write the directory's files and return their paths; a table that has become empty is removed."""
    found = tables(manifests)
    for name in set(TABLES) - set(found):
        (folder / name).unlink(missing_ok=True)
    for name, table in found.items():
        write_table(folder / name, table)
    return [folder / name for name in found]


def write_table(path: Path, table: Mapping[str, str]) -> None:
    """A Kaldi table: `key value`, a line each, in C order."""
    lines = (f"{key} {table[key]}\n" for key in sorted(table, key=str.encode))
    write_text(path, "".join(lines))


def read_table(path: Path) -> dict[str, str]:
    """A Kaldi table, checked.

    Raises:
        SernetError: a line without a value, a key twice, or keys out of C order; names file and line.
    """
    table: dict[str, str] = {}
    last = b""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        key, _, value = line.partition(" ")
        if not key or not value.strip():
            raise SernetError(f"{path}:{number}: must be a key and a value: {line!r}")
        if key in table:
            raise SernetError(f"{path}:{number}: {key} stands here twice")
        if key.encode() < last:
            raise SernetError(f"{path}:{number}: {key} is out of order; sort with LC_ALL=C")
        table[key], last = value, key.encode()
    return table


def check(folder: Path, supervisions: Mapping[str, SupervisionSegment]) -> None:
    """Hold a data directory against itself and against the Lhotse supervisions of the same corpus.

    Raises:
        SernetError: unsorted or unequal id sets, `spk2utt` not the inverse of `utt2spk`, an id that does not begin
            with its speaker, or speaker, emotion or duration that differ from Lhotse's.
    """
    utt2spk = read_table(folder / "utt2spk")
    _same_ids(folder / "utt2spk", set(utt2spk), set(supervisions), "the Lhotse supervisions")
    for name in PER_UTTERANCE:
        path = folder / name
        if path.exists() and name != "text":
            _same_ids(path, set(read_table(path)), set(utt2spk), "utt2spk")
    for utterance, speaker in utt2spk.items():
        if not utterance.startswith(speaker):
            raise SernetError(f"{folder / 'utt2spk'}: {utterance} does not begin with its speaker {speaker}")
    listed = {u: s for s, members in read_table(folder / "spk2utt").items() for u in members.split()}
    if listed != utt2spk:
        odd = sorted(u for u in set(listed) | set(utt2spk) if listed.get(u) != utt2spk.get(u))
        raise SernetError(f"{folder / 'spk2utt'}: is not the inverse of utt2spk: {', '.join(odd[:5])}")
    emotions, languages, genders = (_optional(folder / name) for name in ("utt2emo", "utt2lang", "spk2gender"))
    recordings = {supervision.recording_id for supervision in supervisions.values()}
    _same_ids(folder / "wav.scp", set(read_table(folder / "wav.scp")), recordings, "the Lhotse recordings")
    durations = read_table(folder / "utt2dur")
    for utterance, supervision in supervisions.items():
        said = (supervision.speaker, supervision.custom.get("emotion"), supervision.language)
        if (utt2spk[utterance], emotions.get(utterance), languages.get(utterance)) != said:
            raise SernetError(f"{folder}: speaker, emotion or language of {utterance} differs from Lhotse's {said}")
        if genders.get(utt2spk[utterance]) != GENDERS.get(supervision.gender):
            raise SernetError(
                f"{folder / 'spk2gender'}: {utt2spk[utterance]} differs from Lhotse's {supervision.gender}"
            )
        if abs(float(durations[utterance]) - supervision.duration) > 1e-5:
            raise SernetError(f"{folder / 'utt2dur'}: {utterance} differs from Lhotse's {supervision.duration} s")


def complete(source: Path, target: Path) -> None:
    """Make ``target``, which holds feats.scp and utt2num_frames, a whole data directory with the tables of ``source``.

    Raises:
        SernetError: the features are not those of the same utterances.
    """
    for name in TABLES:
        if (source / name).exists():
            write_text(target / name, (source / name).read_text(encoding="utf-8"))
    utterances = set(read_table(target / "utt2spk"))
    for name in ("feats.scp", "utt2num_frames"):
        _same_ids(target / name, set(read_table(target / name)), utterances, "utt2spk")


def _optional(path: Path) -> dict[str, str]:
    return read_table(path) if path.exists() else {}


def _inverse(supervisions: list[SupervisionSegment]) -> dict[str, str]:
    members: dict[str, list[str]] = {}
    for supervision in supervisions:
        members.setdefault(supervision.speaker, []).append(supervision.id)
    return {speaker: " ".join(sorted(ids, key=str.encode)) for speaker, ids in members.items()}


def _same_ids(path: Path, ids: set[str], others: set[str], whose: str) -> None:
    if ids != others:
        extra, absent = sorted(ids - others), sorted(others - ids)
        said = [f"{len(extra)} only here ({', '.join(extra[:3])})"] if extra else []
        said += [f"{len(absent)} only there ({', '.join(absent[:3])})"] if absent else []
        raise SernetError(f"{path}: its utterances are not those of {whose}: {'; '.join(said)}")
