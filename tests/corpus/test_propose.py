"""What is read out of file names: on the official names of corpora (tests/egs/official), and what must be asked."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from sernet.config.base import validate
from sernet.config.corpus import CorpusConfig
from sernet.config.load import load_corpus
from sernet.corpus.emotion_words import WORDS, certainty, labels
from sernet.corpus.propose import Proposal, like, propose
from sernet.emotions import EMOTIONS
from sernet.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
URDU = [  # the release has no rule for the numbers of shows and clips; these are its README's, spun out
    f"{folder}/S{gender}{speaker}_F{speaker + take}_{folder[0]}{10 * speaker + take:02}.wav"
    for folder in ("Angry", "Happy", "Neutral", "Sad")
    for gender, speaker in [("M", 1), ("M", 2), ("F", 1), ("F", 3)]
    for take in range(3)
]
EMODB = [  # speaker, sentence, emotion, version; as its documentation has it, complete
    f"wav/{speaker}{text}{emotion}{version}.wav"
    for speaker in ("03", "08", "09", "10", "11")
    for text in ("a01", "a02", "a04", "b01", "b02")
    for emotion in "WLEAFTN"
    for version in "ab"
]


def _official(name: str) -> list[str]:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "egs" / "official" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [path for path in module.FILES if path.endswith(".wav")]


def _meant(found: Proposal) -> dict[str, str | None]:
    return {raw: label.emotion for raw, label in found.labels.items()}


def _roles(found: Proposal) -> dict[str, int]:
    return {part.role: part.number for part in found.parts if part.role and part.number}


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


ITALIAN = "dis disgust gio happiness neu neutral pau fear rab anger sor surprise tri sadness"
LETTERS = "a anger d disgust f fear h happiness n neutral sa sadness su surprise"
WHOLE = "angry anger disgust disgust fear fear happy happiness neutral neutral ps surprise sad sadness"
ENGLISH = "ANG anger DIS disgust FEA fear HAP happiness NEU neutral SAD sadness"
GERMAN = "W anger L boredom E disgust A fear F happiness T sadness N neutral"
FOLDERS = "Angry anger Happy happiness Neutral neutral Sad sadness"


@pytest.mark.parametrize(
    ("paths", "emotions"),
    [
        (_official("emovo"), _pairs(ITALIAN)),
        (_official("savee"), _pairs(LETTERS)),
        (_official("tess"), _pairs(WHOLE)),
        (_official("crema_d")[:1500], _pairs(ENGLISH)),
        (EMODB, _pairs(GERMAN)),
        (URDU, _pairs(FOLDERS)),
    ],
    ids=["emovo", "savee", "tess", "crema_d", "emodb", "urdu"],
)
def test_the_emotion_of_official_names_is_found_and_means_what_it_means(
    paths: list[str], emotions: dict[str, str]
) -> None:
    found = propose(paths, {})
    assert _meant(found) == emotions and not found.strangers
    assert not any("emotion" in question for question in found.questions)
    compiled = re.compile(found.pattern)
    for path in paths:  # and the pattern takes it from where it stands
        match = compiled.fullmatch(path)
        assert match and match["emotion"] in emotions


def test_a_speaker_whose_name_tells_it_is_taken_with_the_gender() -> None:
    emovo, urdu = propose(_official("emovo"), {}), propose(URDU, {})
    assert _roles(emovo).keys() == {"speaker", "emotion", "text"} and not emovo.questions
    assert emovo.genders == {"f1": "female", "f2": "female", "f3": "female", "m1": "male", "m2": "male", "m3": "male"}
    assert urdu.genders == {"SF1": "female", "SF3": "female", "SM1": "male", "SM2": "male"}


@pytest.mark.parametrize(
    "paths", [_official("savee"), _official("crema_d")[:1500], EMODB], ids=["savee", "crema_d", "emodb"]
)
def test_a_speaker_that_could_be_a_sentence_is_asked_for_with_all_that_it_could_be(paths: list[str]) -> None:
    found = propose(paths, {})
    (question,) = found.questions
    assert question.startswith("which field is the speaker? --speaker-group N, or none; it could be 1 (")
    assert "speaker" not in _roles(found)
    told = propose(paths, {"speaker": 1})
    assert not told.questions and _roles(told)["speaker"] == 1 and _meant(told) == _meant(found)


def test_codes_that_no_words_explain_are_asked_for() -> None:
    found = propose(_official("ravdess"), {})
    assert _roles(found) == {"speaker": 1}  # after "Actor", and again at the end of the name
    assert found.questions == [
        "which field is the emotion? --emotion-group N, or none; or --pattern, if it is none of them"
    ]
    told = propose(_official("ravdess"), {"emotion": 2})
    assert _roles(told) == {"speaker": 1, "emotion": 2, "intensity": 3}
    assert set(_meant(told).values()) == {None} and len(told.labels) == 8
    with pytest.raises(UsageError, match="no field 9; there are 1 to 5"):
        propose(_official("ravdess"), {"emotion": 9})


def test_the_names_of_a_corpus_that_is_there_are_known_also_in_other_folders() -> None:
    ravdess, _ = load_corpus(ROOT / "egs", "ravdess")
    paths = _official("ravdess")
    assert like(paths, [ravdess]) == (ravdess, ravdess.pattern)
    moved = [f"all/{path.split('/')[1]}" for path in paths]
    found = like(moved, [ravdess])
    assert found and all(re.fullmatch(found[1], path) for path in moved)
    assert like([*paths, "Actor_25/03-01-01-01-01-01-25.wav"], [ravdess]) is None  # it has 24 actors
    assert like(_official("emovo"), [ravdess]) is None


def test_a_pattern_without_emotions_is_like_nothing() -> None:
    raw = {"name": "x", "title": "x", "source": "x", "licence": "x", "how_to_get": "x", "pattern": r".*"}
    assert like(["a.wav"], [validate(CorpusConfig, raw, "x")]) is None


def test_names_that_are_built_otherwise_are_strangers() -> None:
    paths = [f"f{n}/{emotion}_{take:02}.wav" for n in range(9) for emotion in ("sad", "angry") for take in range(3)]
    found = propose([*paths, "f1/readme take.wav", "noise.wav"], {})
    assert found.strangers == ["f1/readme take.wav", "noise.wav"]
    assert all(re.fullmatch(found.pattern, path) for path in paths)


def test_folders_with_various_separators_and_suffixes_are_read_whole() -> None:
    paths = [
        f"{folder}/spk{n}_{word}.{suffix}"
        for n, suffix in ((1, "wav"), (2, "flac"), (3, "wav"))
        for folder in ("OAF_Pleasant_surprise", "OAF_sad")
        for word in ("happy", "sad")
    ]
    found = propose(paths, {})
    assert found.pattern.endswith(r"(?:\.flac|\.wav)") and not found.strangers
    assert _roles(found)["speaker"] and _meant(found) == {"happy": "happiness", "sad": "sadness"}


def test_a_token_that_is_different_everywhere_is_unfolded() -> None:
    paths = [f"{s}{e}{n:02}.wav" for s in ("m01", "m02", "w01", "w02") for e in "hans" for n in range(1, 9)]
    found = propose(paths, {})
    assert found.pattern == r"(?P<speaker>[a-z]\d\d)[a-z]\d\d\.wav"
    assert _roles(propose(paths, {"emotion": 2})) == {"speaker": 1, "emotion": 2}


def test_parts_of_a_release_are_neither_speaker_nor_sentence() -> None:
    paths = [
        f"{n:04}/{e}/{part}/{n:04}_{t}.wav"
        for n in range(5)
        for e in ("Sad", "Happy")
        for part in ("train", "test")
        for t in "12"
    ]
    found = propose(paths, {})
    assert _roles(found) == {"emotion": 2, "split": 3}  # and a number that is repeated need not be the speaker
    assert "it could be 1 (0000, 0001, 0002, ...), 4 (1, 2)" in found.questions[0]


def test_names_are_split_where_all_of_them_are_and_the_rest_is_one_field() -> None:
    words = ("abajo", "palabra_v", "basta")
    paths = [f"{e}_{g}{n}_{w}.wav" for e in ("Anger", "Fear") for g in "FM" for n in (1, 2) for w in words]
    found = propose(paths, {})
    assert _meant(found) == {"Anger": "anger", "Fear": "fear"} and not found.strangers
    assert _roles(found)["speaker"] == 2


def test_a_gender_field_tells_the_gender_of_speakers() -> None:
    paths = [
        f"{e}/{n:04}_{'F' if n % 2 else 'M'}_{t}.wav" for n in range(6) for e in ("joy", "fear") for t in (1, 2, 3)
    ]
    found = propose(paths, {"speaker": 2})
    assert found.genders == {f"{n:04}": "female" if n % 2 else "male" for n in range(6)}


# Words


def test_the_words_stand_for_canonical_emotions_and_none_for_two_in_one_language() -> None:
    for language, table in WORDS.items():
        assert set(table) <= set(EMOTIONS), language
        words = [word for of in table.values() for word in of.split()]
        assert len(words) == len(set(words)), language


@pytest.mark.parametrize(
    ("raw", "emotion"),
    [
        ("Wütend", "anger"),
        ("TRISTESSE", "sadness"),
        ("Pleasant_Surprise", "surprise"),
        ("Öfke", "anger"),
        ("złość", "anger"),
        ("高兴", "happiness"),
        ("neutral", "neutral"),
        ("glad", "happiness"),
    ],
)
def test_words_of_several_languages_are_known_whatever_their_case_and_accents(raw: str, emotion: str) -> None:
    assert labels([raw, "x1"])[raw].emotion == emotion


def test_what_could_be_two_emotions_is_not_decided() -> None:
    assert labels(["S", "A", "H", "N"])["S"].emotion is None  # sadness or surprise
    assert labels(["sad", "sur", "s"])["s"].emotion is None  # neither is left
    assert labels(["a", "sa", "su", "d", "f", "h", "n"])["sa"].emotion == "sadness"
    assert labels(["ang", "dis", "hap", "sad"])["ang"].emotion == "anger"  # not angst, beside hap and sad
    assert labels(["01", "2", ""]) == {raw: labels(["01"])["01"] for raw in ("01", "2", "")}


def test_a_few_initials_are_not_decided_and_takes_lettered_from_a_are_none() -> None:
    assert {raw: label.emotion for raw, label in labels("ans").items()} == dict.fromkeys("ans")
    assert certainty(labels("ans")) == 0 and certainty(labels("adfhn")) == 1 and certainty(labels("abcdef")) == 0


def test_two_fields_that_may_both_be_the_intensity_are_asked_about() -> None:
    paths = [
        f"s{speaker}_{emotion}_{text}_{take}.wav"
        for speaker in range(1, 5)
        for emotion in ("angry", "happy", "neutral", "sad")
        for text in ("ab" if emotion != "neutral" else "a")
        for take in ("12" if emotion != "neutral" else "1")
    ]
    found = propose(paths, {})
    assert any("which field is the intensity?" in q and "3 (a, b), 4 (1, 2)" in q for q in found.questions)
    assert "intensity" not in re.compile(found.pattern).groupindex
    answered = propose(paths, {"intensity": 3, "speaker": 1})
    assert answered.questions == [] and _roles(answered) == {"speaker": 1, "emotion": 2, "intensity": 3}


@pytest.mark.parametrize(("first", "second"), [("male", "M"), ("train", "dev"), ("low", "md")])
def test_no_role_is_given_to_two_fields(first: str, second: str) -> None:
    others = {"male": "female", "M": "F", "train": "test", "dev": "val", "low": "high", "md": "hi"}
    paths = [
        f"{one}/{two}_p{speaker}_{emotion}_{take}.wav"
        for one in (first, others[first])
        for two in (second, others[second])
        for speaker in range(4)
        for emotion in ("angry", "happy", "sad")
        for take in range(2)
    ]
    found = propose(paths, {})
    re.compile(found.pattern)
    assert any(q.startswith("which field is the") and f"({first}" in q or f", {first})" in q for q in found.questions)


@pytest.mark.parametrize("folder", ["", "wav/", "audio/wav/", "W/", "a/b/c/"])
def test_names_of_emodb_are_known_in_any_folder(folder: str) -> None:
    config, _ = load_corpus(ROOT / "egs", "emodb")
    paths = [folder + path.removeprefix("wav/") for path in EMODB]
    found = like(paths, [config])
    assert found is not None
    assert all(re.fullmatch(found[1], path) for path in paths)


@pytest.mark.parametrize("folder", ["", "audio/", "EMOVO/f1/deeper/"])
def test_names_that_repeat_a_folder_are_known_without_it(folder: str) -> None:
    config, _ = load_corpus(ROOT / "egs", "emovo")
    paths = [f"{folder}{e}-{s}-b{n}.wav" for e in ("rab", "gio") for s in ("f1", "m2") for n in (1, 2)]
    found = like(paths, [config])
    assert found is not None
    match = re.fullmatch(found[1], paths[-1])
    assert match and match["speaker"] == "m2" and match["emotion"] == "gio"
