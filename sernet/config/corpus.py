"""corpus.yaml: everything that is special to one corpus."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from sernet.config.base import Name, Strict
from sernet.config.synthesis import SynthesisConfig
from sernet.emotions import check_emotion

Gender = Literal["female", "male", "other"]

GROUPS = ("emotion", "speaker", "gender", "language", "intensity", "text", "session", "split")
"""Named groups of `pattern` that have a meaning; others only have to match."""


class ExpectedCounts(Strict):
    """What the release holds, by its own documentation."""

    utterances: int | None = Field(None, gt=0)
    speakers: int | None = Field(None, gt=0)
    emotion: dict[str, int] = Field(default_factory=dict, description="utterances by canonical emotion")
    hours: float | None = Field(None, gt=0, description="of all utterances together")
    sample_rate: list[int] = Field(default_factory=list, description="Hz; several where the release has several")


class Fold(Strict):
    """The parts of one published fold, by the raw names of what the list goes by."""

    test: list[str] = Field(min_length=1)
    dev: list[str] = Field(default_factory=list)
    train: list[str] | None = Field(None, description="default: who is in neither list; others are left out")

    @model_validator(mode="after")
    def _disjoint(self) -> Fold:
        named = [*self.test, *self.dev, *(self.train or [])]
        if twice := sorted({name for name, number in Counter(named).items() if number > 1}):
            raise ValueError(f"listed twice: {', '.join(twice[:5])}")
        return self


class FoldList(Strict):
    """Published folds, with where they were published. Of several, each speaker is tested in one."""

    source: str
    by: Literal["speaker", "session", "split", "utterance"] = "speaker"
    folds: list[Fold] = Field(min_length=1)

    @model_validator(mode="after")
    def _partitions(self) -> FoldList:
        tested = Counter(name for fold in self.folds for name in fold.test)
        if twice := sorted(name for name, number in tested.items() if number > 1):
            raise ValueError(f"tested in two folds: {', '.join(twice[:5])}")
        if self.by in ("split", "utterance") and any(fold.train is None for fold in self.folds):
            raise ValueError(f"folds by {self.by} say what trains, for not all else does")
        return self


class CorpusConfig(Strict):
    """One corpus: source, licence, names -> labels, speakers, folds, known defects."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    source: str = Field(description="who published it and where")
    licence: str
    how_to_get: str
    folder: str | None = Field(None, description="its folder below the corpus root, where that is not its name")
    language: str | None = Field(None, description="BCP 47 tag, where all of it is in one language")
    pattern: str | None = Field(None, description="regular expression on the path below the corpus root")
    ignore: list[str] = Field(default_factory=list, description="patterns of audio files that are not part of it")
    id: Literal["name", "path"] = Field("name", description="what an utterance id is made of, after its speaker")
    maps: dict[str, dict[str, str]] = Field(default_factory=dict, description="for each group: raw value -> value")
    speaker_names: dict[str, str | None] = Field(
        default_factory=dict,
        description="raw speaker id -> the person it stands for, where one is written in several ways; the same id for "
        "a person of their own; null where nobody is known",
    )
    speakers: dict[str, Gender] = Field(default_factory=dict, description="raw speaker id -> gender")
    channel: int = Field(0, ge=0, description="the channel that is taken from files with several")
    expected: ExpectedCounts = ExpectedCounts()
    folds: dict[Name, FoldList] = Field(
        default_factory=dict, description="published folds by name; also in folds/<name>.yaml"
    )
    same_speakers_as: list[Name] = Field(
        default_factory=list,
        description="corpora with some of its speakers under the same raw ids; no run may test on one and train on the "
        "other",
    )
    known_defects: list[str] = Field(default_factory=list)
    synthesis: SynthesisConfig | None = Field(None, description="made by stage 0, not downloaded")

    @field_validator("pattern", "ignore", "maps", "speakers", "speaker_names", "folds", mode="before")
    @classmethod
    def _one_form(cls, value: Any) -> Any:
        """In NFC, as all that is read of a corpus is compared."""
        if isinstance(value, str):
            return unicodedata.normalize("NFC", value)
        if isinstance(value, list):
            return [cls._one_form(item) for item in value]
        if isinstance(value, dict):
            return {cls._one_form(key): cls._one_form(item) for key, item in value.items()}
        return value

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from error
        return pattern

    @field_validator("maps")
    @classmethod
    def _canonical(cls, maps: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for group in maps:
            if group not in GROUPS:
                raise ValueError(f"no group {group!r}; allowed: {', '.join(GROUPS)}")
        for raw, emotion in maps.get("emotion", {}).items():
            try:
                check_emotion(emotion)
            except ValueError as error:
                raise ValueError(f"emotion.{raw}: {error}") from error
        return maps

    @model_validator(mode="after")
    def _agrees(self) -> CorpusConfig:
        groups = set(re.compile(self.pattern).groupindex) if self.pattern else set(GROUPS)
        for group in self.maps:
            if group not in groups:
                raise ValueError(f"maps.{group}: the pattern has no group of that name; it has {sorted(groups)}")
        if self.pattern and "emotion" in groups and "emotion" not in self.maps:
            raise ValueError("maps.emotion is missing: the pattern has an emotion group")
        for name, listed in self.folds.items():
            if listed.by != "speaker" or not self.speakers:
                continue
            for number, fold in enumerate(listed.folds):
                if unknown := [s for s in [*fold.test, *fold.dev, *(fold.train or [])] if s not in self.speakers]:
                    raise ValueError(f"folds.{name}.{number}: no such speakers: {', '.join(unknown)}")
            untested = sorted(set(self.speakers) - {speaker for fold in listed.folds for speaker in fold.test})
            if untested and len(listed.folds) > 1:
                raise ValueError(f"folds.{name}: no fold tests {', '.join(untested[:5])}")
        return self
