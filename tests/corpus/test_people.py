"""Who is who: ids one to one with people, what is asked, and what the answers do."""

from __future__ import annotations

import unicodedata

import pytest

from sernet.corpus.entries import Entry, read_entries
from sernet.corpus.named import Named
from sernet.corpus.names import identifier, speaker_id, utterance_name
from sernet.corpus.people import People
from sernet.errors import SernetError
from tiny import Tiny

NAMES = "Müller Möller Muller Miller 张伟 李娜 王芳 Анна Иван محمد فاطمة Zoé Zoe ß ss é è e 가 나 Ng Nguyễn Nguyen 1 😀"
PEOPLE = [*NAMES.split(), "a b", "a+b", "a&b", "O'Neil", "O Neil's", "(1)", "[1]", "😁"]


def test_every_name_has_an_id_of_its_own_that_hangs_on_nothing_else() -> None:
    ids = {identifier(name) for name in PEOPLE}
    assert len(ids) == len(PEOPLE)
    assert all(identity.isascii() and identity.replace("-", "").replace("_", "").isalnum() for identity in ids)


def test_plain_names_keep_the_ids_that_are_published() -> None:
    for name in ("f1", "03", "Actor_01", "SM-25", "0012", "Dr_Green"):
        assert identifier(name) == utterance_name(name) == name
    assert speaker_id("tiny", "Dr. Green") == "tiny-Dr_Green" and utterance_name("a/b (1)") == "a_b_1_"


def test_one_name_in_two_forms_is_one_and_readable() -> None:
    for name in ("Zoé", "Jörg", "Nguyễn", "가"):
        assert identifier(unicodedata.normalize("NFD", name)) == identifier(unicodedata.normalize("NFC", name))
    assert identifier("Jörg").startswith("Jorg_") and identifier("Strauß").startswith("Strauss_")


def _people(*names: str | None, **answers: str | None) -> People:
    people = People(answers)
    for number, name in enumerate(names):
        people.add(name, f"{number}.wav")
    return people


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("S1", "s1", "s2"), r"are 'S1' \(1 utterances, such as 0.wav\) and 's1' .* one person\?"),
        (("Ann", "Ann "), "are 'Ann' .* and 'Ann '"),
        (("Ann Lee", "AnnLee"), "are 'Ann Lee' .* and 'AnnLee'"),
        (("Ann\u00a0Lee", "ann lee"), "one person"),
        (("spk-1", "spk_1"), "one person"),
        (("1", "01"), "one person"),
        (("1", "1.0"), "one person"),
        (("Straße", "STRASSE"), "one person"),
        (("Ｓ1", "S1"), "one person"),
        *(((name, "f1"), f"is '{name}' .* a person") for name in ("nan", "NaN", "None", "null", "unknown", "N/A", "-")),
    ],
)
def test_what_nobody_but_the_user_knows_is_asked(names: tuple[str, ...], said: str) -> None:
    with pytest.raises(SernetError, match=f"(?s){said}.*speaker_names: "):
        _people(*names).check()
    with pytest.raises(SernetError, match="one person|a person"):
        _people(*reversed(names)).check()


@pytest.mark.parametrize(
    "names",
    [("f1", "f10", "m1"), ("Ann", "Anne"), ("Müller", "Möller"), ("Zoe", "Zoé"), ("1-1", "11"), (None, "", " ", "a")],
)
def test_what_is_clear_is_not_asked(names: tuple[str | None, ...]) -> None:
    _people(*names).check()


def test_an_answer_ends_the_question_and_says_who_it_is() -> None:
    one, two = _people("S1", "s1", S1="s1"), _people("S1", "s1", S1="S1")
    one.check()
    two.check()
    assert one.who("S1") == "s1" and two.who("S1") == "S1"
    nobody, called = _people("nan", "f1", nan=None), _people("nan", "f1", nan="nan")
    nobody.check()
    called.check()
    assert nobody.who("nan") is None and called.who("nan") == "nan" and called.who("Ann ") == "Ann"


def test_two_people_of_one_id_are_refused() -> None:
    with pytest.raises(SernetError, match=r"speakers 'Dr Green' and 'Dr\. Green' would have one id"):
        _people("Dr Green", "Dr. Green", **{"Dr Green": "Dr Green", "Dr. Green": "Dr. Green"}).check()


def test_two_genders_of_one_speaker_are_counted_and_a_list_of_speakers_decides(tiny: Tiny) -> None:
    script = "from sernet.corpus.entries import Entry\n\n\ndef prepare(root):\n    return [{}]\n"
    lines = [
        f"Entry(path='f1_A_{n}.wav', speaker='f1', emotion_raw='A', gender='{g}')"
        for n, g in ((1, "male"), (2, "female"))
    ]
    lines.append("Entry(path='f1_N_1.wav', speaker='f1', emotion_raw='N', gender='female')")
    (tiny.root / "prepare.py").write_text(script.format(", ".join(lines)))
    tiny.raw["speakers"] = {}
    said = r"f1 is female in 2 utterances \(such as f1_A_2\.wav\) and male in 1 .*speakers: \{f1: female\}"
    with pytest.raises(SernetError, match=said):
        read_entries(tiny.config, tiny.root, tiny.root)
    tiny.raw["speakers"] = {"f1": "female"}
    assert {entry.gender for entry in read_entries(tiny.config, tiny.root, tiny.root)} == {"female"}


def test_two_languages_are_said() -> None:
    people = People()
    for tag in ("en", "en", "de"):
        people.add("a", "x.wav", language=tag)
    people.check()
    assert people.notes() == ["1 speakers speak more than one language: a (2 in en, 1 in de)"]


def test_the_gender_of_some_utterances_is_that_of_all(tiny: Tiny) -> None:
    entries = [Entry("f1_A_1.wav", speaker="f1", gender="female"), Entry("f1_A_2.wav", speaker="f1")]
    assert [entry.gender for entry in Named(tiny.config, entries)] == ["female", "female"]


def test_utterances_whose_names_make_one_id_get_two(tiny: Tiny) -> None:
    names = ["a b.wav", "a+b.wav", "开心.wav", "生气.wav"]
    entries = [Entry(name, speaker="f1", emotion="anger") for name in names]
    found = dict(Named(tiny.config, entries).items())
    assert {entry.path for entry in found.values()} == set(names)
    assert list(found) == list(dict(Named(tiny.config, entries[::-1]).items()))


def test_a_line_that_stands_there_again_is_read_once_and_one_that_contradicts_is_refused(tiny: Tiny) -> None:
    entry = Entry("f1_A_1.wav", speaker="f1", emotion="anger")
    named = Named(tiny.config, [entry, entry, entry])
    assert len(named) == 1 and named.findings.lines()[0].endswith("is read once (such as f1_A_1.wav)")
    other = Entry("f1_A_1.wav", speaker="f1", emotion="sadness")
    with pytest.raises(SernetError, match="f1_A_1.wav stands there twice .*emotion 'anger' and 'sadness'"):
        Named(tiny.config, [entry, other])
