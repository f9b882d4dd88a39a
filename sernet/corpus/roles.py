"""Which part of a file name is the emotion, the speaker, the sentence: by words, by what it is beside, by counts."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sernet.corpus.emotion_words import certainty, labels, plain
from sernet.corpus.fields import Field
from sernet.corpus.imports.common import GENDERS

INTENSITIES = {
    **dict.fromkeys(("lo", "low", "weak", "mild", "subtle", "faible"), "low"),
    **dict.fromkeys(("md", "med", "mid", "medium", "moderate", "normal"), "medium"),
    **dict.fromkeys(("hi", "high", "strong", "intense", "fort"), "high"),
    **dict.fromkeys(("x", "xx", "unspecified", "none"), "unspecified"),
}
SPEAKER_WORDS = {"actor", "actors", "actress", "subject", "subj", "sub"}
SPEAKER_WORDS |= {"speaker", "speakers", "spk", "spkr", "sprecher", "locuteur"}
SPLITS = {
    "train",
    "training",
    "dev",
    "development",
    "val",
    "valid",
    "validation",
    "eval",
    "evaluation",
    "test",
    "testing",
}
SESSION_WORDS = {"session", "sess", "ses", "dialog", "dialogue"}
GENDERED = re.compile(r"(?:s|sp|spk|a|actor|speaker)?[-_]?(f|m|w|female|male)[-_]?\d+", re.IGNORECASE)
SEVERAL = 0.8
"""A sentence is spoken by this share of the speakers in this share of the emotions."""


@dataclass(frozen=True)
class Part:
    """A field and what it is taken for: one of `GROUPS`, or None."""

    field: Field
    role: str | None = None
    why: str = ""
    number: int | None = None
    """By which the user speaks of it; None where it does not vary or repeats another."""


def find_roles(
    parts: list[Part], roles: Mapping[str, int | None]
) -> tuple[dict[int, tuple[str | None, str]], list[str]]:
    """Field number -> role and why, and what has to be asked."""
    found: dict[int, tuple[str | None, str]] = {p.number: (p.role, p.why) for p in parts if p.number and p.role}
    questions: list[str] = []
    free = [p for p in parts if p.number and not p.role]

    def take(role: str, part: Part, why: str) -> None:
        found[part.number or 0] = role, why
        free.remove(part)

    if "emotion" not in roles:
        scored = [(certainty(labels(set(p.field.values))), len(set(p.field.values)), p) for p in free]
        scored = [item for item in scored if item[0] and item[1] <= 50]
        if scored:
            sure, _, part = max(scored, key=lambda item: (item[:2], item[2].number))
            take("emotion", part, ("initials", "abbreviations", "words")[sure - 1])
            same = [p for p in free if _one_to_one(p.field, part.field)]
            for other in same:
                take("", other, f"goes with the emotion, field {part.number}")
        else:
            questions.append(
                "which field is the emotion? --emotion-group N, or none; or --pattern, if it is none of them"
            )
    emotion = next((p for p in parts if found.get(p.number or 0, ("",))[0] == "emotion"), None)
    for role, claims in _claims(free, emotion, roles).items():
        (first, why), *others = claims
        apart = [p for p, _ in others if not _one_to_one(p.field, first.field)]
        if apart:
            shown = ", ".join(f"{p.number} ({_shown(p.field)})" for p in (first, *apart))
            questions.append(f"which field is the {role}? --{role}-group N, or none; it could be {shown}")
            continue
        take(role, first, why)
        for other, _ in others:
            take("", other, f"goes with the {role}, field {first.number}")
    if "speaker" not in roles:
        strong = [(p, why) for p in free if (why := _is_speaker(p.field))]
        if len({p.number for p, _ in strong}) == 1:
            take("speaker", *strong[0])
        else:
            likely = [p for p, _ in strong] or [p for p in free if _may_be_speaker(p.field)]
            shown = ", ".join(f"{p.number} ({_shown(p.field)})" for p in likely)
            questions.append(
                f"which field is the speaker? --speaker-group N, or none; it could be {shown or 'none of them'}"
            )
    speaker = next((p for p in parts if found.get(p.number or 0, ("",))[0] == "speaker"), None)
    if "text" not in roles and emotion and speaker:
        spoken = [p for p in free if _crosses(p.field, emotion.field) and _crosses(p.field, speaker.field)]
        spoken = [p for p in spoken if len(set(p.field.values)) > 2 and not p.field.values[0].isdigit()]
        if len(spoken) == 1:
            take("text", spoken[0], "each is said by most speakers in most emotions")
    return {number: (role or None, why) for number, (role, why) in found.items()}, questions


def _claims(
    free: list[Part], emotion: Part | None, roles: Mapping[str, int | None]
) -> dict[str, list[tuple[Part, str]]]:
    """The fields that may be each role, with why; what words say goes before what counts say."""
    claims: dict[str, list[tuple[Part, str]]] = defaultdict(list)
    by_counts = []
    for part in free:
        values = {value.lower() for value in part.field.values}
        word = plain(part.field.before).rstrip("0123456789") if part.field.before else ""
        if "gender" not in roles and len(values) >= 2 and values <= set(GENDERS):
            claims["gender"].append((part, "words"))
        elif "split" not in roles and values <= SPLITS:
            claims["split"].append((part, "words"))
        elif "session" not in roles and word in SESSION_WORDS:
            claims["session"].append((part, f"after {part.field.before!r}"))
        elif "intensity" not in roles and values <= set(INTENSITIES):
            claims["intensity"].append((part, "words"))
        elif "intensity" not in roles and emotion and _but_neutral(part.field, emotion.field):
            by_counts.append(part)
    if by_counts and "intensity" not in claims:
        why = "one emotion has one value of it, as neutral often has, and the others have all"
        claims["intensity"] = [(part, why) for part in by_counts]
    return claims


def _is_speaker(field: Field) -> str:
    """Why a field must be the speaker; nothing where that is not certain."""
    values = set(field.values)
    match = [GENDERED.fullmatch(value) for value in values]
    if all(match) and len({m[1].lower()[0] for m in match if m}) == 2:
        return "female and male, numbered"
    letters = {re.sub(r"\d+$", "", value) for value in values}
    if len(letters) == 1 and plain(next(iter(letters))) in SPEAKER_WORDS and len(values) > 1:
        return "words"
    if plain(field.before) in SPEAKER_WORDS:
        return f"after {field.before!r}"
    return ""


def _may_be_speaker(field: Field) -> bool:
    return 2 <= len(set(field.values)) <= len(field.values) / 2


def _one_to_one(one: Field, other: Field) -> bool:
    pairs = set(zip(one.values, other.values, strict=True))
    return len(pairs) == len(set(one.values)) == len(set(other.values))


def _but_neutral(field: Field, emotion: Field) -> bool:
    """Whether every emotion but neutral (told by this alone, where its label is a code) has the same 2 to 4 values."""
    by = defaultdict(set)
    for value, label in zip(field.values, emotion.values, strict=True):
        by[label].add(value)
    single = [label for label, values in by.items() if len(values) == 1]
    rest = {frozenset(values) for label, values in by.items() if label not in single}
    return len(single) == 1 and len(by) > 2 and len(rest) == 1 and 2 <= len(next(iter(rest))) <= 4


def _crosses(field: Field, other: Field) -> bool:
    """Whether most values of ``field`` occur with most values of ``other``."""
    by = defaultdict(set)
    for value, partner in zip(field.values, other.values, strict=True):
        by[value].add(partner)
    wanted = SEVERAL * len(set(other.values))
    return sum(len(partners) >= wanted for partners in by.values()) >= SEVERAL * len(by)


def genders(parts: list[Part]) -> dict[str, str]:
    """Speaker -> gender: by the speaker's own name, or by a gender field that each speaker has one value of."""
    speaker = next((p.field for p in parts if p.role == "speaker"), None)
    gender = next((p.field for p in parts if p.role == "gender"), None)
    if speaker is None:
        return {}
    if gender is not None:
        pairs = set(zip(speaker.values, gender.values, strict=True))
        said = {name: GENDERS[value.lower()] for name, value in sorted(pairs) if value.lower() in GENDERS}
        return said if len(said) == len(pairs) == len(set(speaker.values)) else {}
    match = {value: GENDERED.fullmatch(value) for value in sorted(set(speaker.values))}
    letters = {value: m[1].lower() for value, m in match.items() if m}
    complete = len(letters) == len(match) and len({letter[0] for letter in letters.values()}) == 2
    return {value: GENDERS[letter] for value, letter in letters.items()} if complete else {}


def _shown(field: Field) -> str:
    names = [value for value, _ in Counter(field.values).most_common(3)]
    return ", ".join(names) + (", ..." if len(set(field.values)) > 3 else "")
