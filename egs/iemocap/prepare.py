"""IEMOCAP: labels from dialog/EmoEvaluation, speaker from the turn's own letter, text from dialog/transcriptions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sernet.corpus.entries import Entry
from sernet.errors import SernetError

LABEL = re.compile(r"\[(\d+\.\d+) - (\d+\.\d+)\]\t(\w+)\t(\w+)\t\[.*\]")
TURN = re.compile(r"(Ses0(\d))[FM]_\w+_([FM])\d+")
WORDS = re.compile(r"(\w+) \[[\d.]+-[\d.]+\]: *(.*)")


def inputs(root: Path) -> list[Path]:
    """The files that the utterances hang on."""
    folders = ("EmoEvaluation", "transcriptions")
    return sorted(path for name in folders for path in _top(root).glob(f"Session*/dialog/{name}/Ses*.txt"))


def prepare(root: Path) -> Iterator[Entry]:
    """One utterance a turn that was rated.

    Raises:
        SernetError: no evaluations; a line or a turn that is not of the release's form; names file and line.
    """
    top = _top(root)
    evaluations = sorted(top.glob("Session*/dialog/EmoEvaluation/Ses*.txt"))
    if not evaluations:
        raise SernetError(f"{top}: no Session*/dialog/EmoEvaluation/Ses*.txt; the labels of the release are missing")
    for evaluation in evaluations:
        session = evaluation.parents[2]
        words = _transcription(session / "dialog" / "transcriptions" / evaluation.name)
        lines = evaluation.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            if not line.startswith("["):
                continue
            label = LABEL.fullmatch(line.rstrip())
            turn = TURN.fullmatch(label[3]) if label else None
            if label is None or turn is None:
                raise SernetError(f"{evaluation}:{number}: not [start - end], turn, emotion, ratings: {line!r}")
            audio = session / "sentences" / "wav" / evaluation.stem / f"{label[3]}.wav"
            yield Entry(
                path=audio.relative_to(root).as_posix(),
                speaker=turn[1] + turn[3],
                emotion_raw=label[4],
                text=words.get(label[3]),
                session=turn[2],
            )


def _top(root: Path) -> Path:
    inner = root / "IEMOCAP_full_release"
    return inner if inner.is_dir() else root


def _transcription(path: Path) -> dict[str, str]:
    """The words of each turn; none where the release came without transcriptions."""
    if not path.is_file():
        return {}
    matches = map(WORDS.fullmatch, path.read_text(encoding="utf-8", errors="replace").splitlines())
    return {match[1]: match[2].strip() for match in matches if match}
