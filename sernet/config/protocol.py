"""How speakers are divided into train, dev and test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from zlib import crc32

from pydantic import Field, model_validator

from sernet.config.base import Name, Strict


class ProtocolConfig(Strict):
    """How speakers are divided. `all` trains on everything; `pairs` and `leave-one-corpus-out` are sets of those."""

    kind: Literal[
        "leave-one-speaker-out",
        "speaker-groups",
        "session",
        "official",
        "lists",
        "all",
        "pairs",
        "leave-one-corpus-out",
    ]
    name: Name | None = Field(None, description="published folds of that name, in corpus.yaml or folds/<name>.yaml")
    groups: int | None = Field(
        None, ge=2, description="speaker-groups: this many, balanced by gender, of a corpus without folds of that name"
    )
    path: str | None = Field(
        None,
        description="lists: a folder with fold0/test, fold0/dev, fold0/train, fold1/...; of speakers or utterances",
    )
    unknown_speakers: Literal["refuse", "keep", "leave-out"] = Field(
        "refuse",
        description="utterances by nobody knows whom: keep them where a list puts them (else in train), or not",
    )

    @model_validator(mode="after")
    def _complete(self) -> ProtocolConfig:
        if self.kind == "speaker-groups" and self.name is None and self.groups is None:
            raise ValueError("speaker-groups needs either `name` (published folds), `groups` (a number), or both")
        if self.kind == "official" and self.name is None:
            raise ValueError("official needs `name`: the folds' name in corpus.yaml")
        if (self.kind == "lists") != (self.path is not None):
            raise ValueError("path goes with lists: the folder that holds fold0, fold1, ...")
        return self

    @property
    def label(self) -> str:
        """The stem of data/<corpus>/folds/<protocol>.json."""
        which: object
        if self.path is not None:  # folders of that name may lie in several places
            which = re.sub(r"[^\w.-]+", "_", Path(self.path).name) + f"-{crc32(self.path.encode()):08x}"
        elif self.name and self.groups:
            which = f"{self.name}+{self.groups}"  # no name of folds has a plus sign
        else:
            which = self.name or self.groups
        unknown = "" if self.unknown_speakers == "refuse" else f"unknown-{self.unknown_speakers}"
        return "-".join(map(str, filter(None, (self.kind, which, unknown))))
