"""Ids of speakers and utterances from the names that a corpus has for them: one to one, ASCII, the same in every run.

An id hangs on its name alone, not on what else there is, so it does not change when a corpus grows.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata


def speaker_id(corpus: str, speaker: str) -> str:
    """`<corpus>-<speaker>`, of letters, digits, `-` and `_` alone; one to one with the name, see `identifier`."""
    return f"{corpus}-{identifier(speaker)}"


def same_form(text: str) -> str:
    """``text`` in NFC: `é` is one character, however a file system or an editor has written it."""
    return unicodedata.normalize("NFC", text)


def identifier(name: str, soft: str = " ._") -> str:
    """``name`` as a part of an id.

    Names of ASCII letters, digits, `-` and ``soft`` characters, which become `_`, stay readable. Others get a digest of
    the name behind what can be read of it, so that `Müller` and `Möller`, or two Chinese names, stay two.

    >>> identifier("f1"), identifier("Dr. Green"), identifier("Müller"), identifier("张伟")
    ('f1', 'Dr_Green', 'Muller_0cd3bd0a3c', 'u19baf5a15d')
    """
    name = same_form(name)
    if name.isascii() and not re.sub(rf"[A-Za-z0-9{re.escape(soft)}-]", "", name):
        return clean(name)
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:10]
    letters = unicodedata.normalize("NFKD", name).translate(LETTERS).encode("ascii", "ignore").decode()
    readable = clean(letters).strip("_-")
    return f"{readable}_{digest}" if readable else f"u{digest}"


def utterance_name(name: str) -> str:
    """The name of a file or utterance as a part of an id; of ASCII names all that an id does not hold becomes `_`.

    Not one to one: `a+b` and `a b` get one id; `sernet.corpus.manifests` then tells them apart by `distinct`.
    """
    return clean(name) if name.isascii() else identifier(name)


def distinct(name: str) -> str:
    """`utterance_name`, with a digest in any case."""
    return f"{clean(utterance_name(name))}_{hashlib.sha256(same_form(name).encode()).hexdigest()[:10]}"


def clean(text: str) -> str:
    """``text`` with all that a Kaldi id should not hold replaced by `_`."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)


LETTERS = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l"}
)
LETTERS |= str.maketrans({"Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i"})
"""Latin letters that Unicode does not take apart."""
