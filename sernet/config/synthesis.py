"""How a synthetic corpus is spoken and recorded (`synthesis:` in a corpus.yaml; see sernet/corpus/mini.py)."""

from __future__ import annotations

import re
from itertools import product
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from sernet.config.base import Strict

PLACES = {"speaker", "emotion", "text", "take"}
Token = Annotated[str, Field(pattern=r"^[^\s/.{}]+$")]


class Speaker(Strict):
    """A synthetic voice."""

    variant: str  # a file of espeak-ng-data/voices/!v, e.g. f1
    pitch: float = Field(default=0.0, ge=-8.0, le=8.0)  # semitones above the variant's own


class Recording(Strict):
    """The channel that all of a corpus goes through."""

    rate: int = Field(default=16000, ge=8000, le=48000)  # Hz, of the files
    channels: int = Field(default=1, ge=1, le=2)
    near: int = Field(default=0, ge=0, le=1)  # which channel is the speaker's microphone; the other one stands far off
    band: tuple[float, float] | None = None  # pass band, Hz
    noise: float = Field(default=-75.0, ge=-100.0, le=-20.0)  # dB below full scale; speech is at about -26
    reverberation: float = Field(default=0.0, ge=0.0, le=2.0)  # T60, seconds; 0: none

    @model_validator(mode="after")
    def _possible(self) -> Recording:
        if self.near >= self.channels:
            raise ValueError(f"near: no channel {self.near} (they count from 0); channels is {self.channels}")
        if self.band and not 0 < self.band[0] < self.band[1] < self.rate / 2:
            raise ValueError(f"band: allowed: two rising frequencies between 0 and {self.rate / 2:g} Hz")
        return self


class SynthesisConfig(Strict):
    """A whole corpus: every speaker says every sentence in every emotion, ``takes`` times."""

    language: str  # espeak-ng's name, e.g. en, de, it
    speakers: dict[Token, Speaker] = Field(min_length=1)
    emotions: dict[Token, str] = Field(min_length=1)  # token in the file name -> emotion
    sentences: dict[Token, str] = Field(min_length=1)  # token in the file name -> text
    takes: int = Field(default=1, ge=1, le=9)
    file: str = "{speaker}_{emotion}_{text}_{take}.wav"
    words_per_minute: int = Field(default=215, ge=100, le=300)
    spread: float = Field(default=1.0, ge=0.0, le=3.0)  # how far speakers and takes stray from an emotion's mean
    seed: int = 0
    recording: Recording = Recording()

    @field_validator("file")
    @classmethod
    def _names_everything(cls, file: str) -> str:
        places = re.findall(r"\{(.*?)\}", file)
        if set(places) != PLACES or not file.endswith(".wav") or file.startswith("/") or ".." in file:
            raise ValueError(f"allowed: a relative path to a .wav with, in braces, {', '.join(sorted(PLACES))}")
        return file

    def files(self) -> list[str]:
        """Paths of all files of the corpus, below its root."""
        tokens = product(self.speakers, self.emotions, self.sentences, range(1, self.takes + 1))
        return [self.file.format(speaker=s, emotion=e, text=t, take=n) for s, e, t, n in tokens]
