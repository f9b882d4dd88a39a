"""PAVOQUE: the utterances of each style's recording, from the list beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from sernet.corpus.entries import Entry
from sernet.errors import SernetError

STYLES = ("angry", "happy", "neutral", "poker", "sad")
LISTS = [f"**/pavoque-{style}.yaml" for style in STYLES]
KEYS = {"prompt", "text", "style", "start", "end"}


def prepare(root: Path) -> Iterable[Entry]:
    """Each utterance as a segment: start and duration in seconds. A style whose recording is not there is left out.

    Raises:
        SernetError: a list is no list in YAML, or an utterance lacks a key or does not last.
    """
    for pattern in LISTS:
        for path in sorted(root.glob(pattern)):
            recording = path.with_suffix(".flac")
            if recording.exists():
                yield from _utterances(path, recording.relative_to(root).as_posix())


def _utterances(path: Path, recording: str) -> Iterable[Entry]:
    with open(path, encoding="utf-8") as stream:
        phones = "  - {"  # most of the list, and not used
        text = "".join("\n" if line.startswith(phones) else line for line in stream)
    try:
        listed = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # libyaml's, where it is there
    except yaml.YAMLError as error:
        raise SernetError(f"{path}: not YAML: {error}") from error
    if not isinstance(listed, list):
        raise SernetError(f"{path}: holds no list of utterances")
    for number, utterance in enumerate(listed, 1):
        if missing := sorted(KEYS - set(utterance)):
            raise SernetError(f"{path}: utterance {number} lacks {', '.join(missing)}")
        duration = round(utterance["end"] - utterance["start"], 6)
        if duration <= 0:
            raise SernetError(f"{path}: utterance {number} ({utterance['prompt']}) ends before it starts")
        yield Entry(
            path=recording,
            speaker="roettig",
            emotion_raw=utterance["style"],
            text=str(utterance["text"]),
            start=utterance["start"],
            duration=duration,
            name=f"{utterance['style']}-{utterance['prompt']}",
        )
