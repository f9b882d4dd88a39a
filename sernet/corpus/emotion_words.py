"""What raw labels mean: words for emotions in several languages, their abbreviations and initials.

Only what the words bear out is said; where two emotions would fit, or none, the user is asked. The words are the
everyday ones that corpora of that language use as labels; the first of each is the one that initials stand for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping

from sernet.corpus.scaffold import Label
from sernet.emotions import EMOTIONS

WORDS: dict[str, dict[str, str]] = {
    "English": {
        "anger": "anger angry mad rage hot_anger cold_anger",
        "happiness": "happiness happy joy joyful elation elated",
        "neutral": "neutral neutrality normal",
        "sadness": "sadness sad sorrow grief",
        "fear": "fear fearful afraid scared fright frightened",
        "disgust": "disgust disgusted",
        "surprise": "surprise surprised ps pleasant_surprise pleasant_surprised amazed astonished",
        "calm": "calm calmness relaxed",
        "boredom": "boredom bored boring",
        "contempt": "contempt contemptuous scorn",
        "excitement": "excitement excited",
        "frustration": "frustration frustrated",
        "amusement": "amusement amused",
        "anxiety": "anxiety anxious nervous worried",
        "concern": "concern concerned",
        "confusion": "confusion confused",
        "disappointment": "disappointment disappointed",
        "encouragement": "encouragement encouraging encouraged",
        "enthusiasm": "enthusiasm enthusiastic",
        "guilt": "guilt guilty",
        "interest": "interest interested",
        "irritation": "irritation irritated annoyed annoyance",
        "pleasure": "pleasure pleased",
        "pride": "pride proud",
        "relief": "relief relieved",
        "sarcasm": "sarcasm sarcastic",
        "shame": "shame ashamed",
        "tenderness": "tenderness tender",
        "apology": "apology apologetic",
        "assertiveness": "assertiveness assertive",
        "despair": "despair desperate",
        "sleepiness": "sleepiness sleepy tired",
        "other": "other oth",
        "no_agreement": "no_agreement xxx",
    },
    "German": {
        "anger": "wut ärger zorn wütend ärgerlich wuetend aerger aergerlich",
        "happiness": "freude freudig fröhlich glücklich froehlich gluecklich",
        "neutral": "neutral neutralität",
        "sadness": "trauer traurig traurigkeit",
        "fear": "angst ängstlich furcht aengstlich",
        "disgust": "ekel angeekelt",
        "surprise": "überraschung überrascht ueberraschung ueberrascht erstaunen",
        "calm": "ruhe ruhig",
        "boredom": "langeweile gelangweilt",
        "contempt": "verachtung",
    },
    "French": {
        "anger": "colère en_colère fâché",
        "happiness": "joie joyeux heureux",
        "neutral": "neutre neutralité",
        "sadness": "tristesse triste",
        "fear": "peur apeuré",
        "disgust": "dégoût dégoûté",
        "surprise": "surprise surpris",
        "boredom": "ennui",
        "contempt": "mépris",
    },
    "Italian": {
        "anger": "rabbia arrabbiato",
        "happiness": "gioia felicità allegria",
        "neutral": "neutro neutrale neutralità",
        "sadness": "tristezza triste",
        "fear": "paura",
        "disgust": "disgusto",
        "surprise": "sorpresa",
        "boredom": "noia",
        "guilt": "colpa",
    },
    "Spanish": {
        "anger": "ira enojo enfado rabia",
        "happiness": "alegría felicidad feliz",
        "neutral": "neutral neutro",
        "sadness": "tristeza triste",
        "fear": "miedo",
        "disgust": "asco disgusto",
        "surprise": "sorpresa",
        "boredom": "aburrimiento",
    },
    "Portuguese": {
        "anger": "raiva",
        "happiness": "alegria felicidade feliz",
        "neutral": "neutro neutra",
        "sadness": "tristeza triste",
        "fear": "medo",
        "disgust": "nojo",
        "surprise": "surpresa",
        "boredom": "tédio",
    },
    "Dutch": {
        "anger": "boosheid boos woede",
        "happiness": "blijdschap blij vreugde",
        "neutral": "neutraal",
        "sadness": "verdriet droefheid",
        "fear": "angst bang",
        "disgust": "walging afkeer",
        "surprise": "verrassing verbazing",
    },
    "Danish": {
        "anger": "vrede vred",
        "happiness": "glæde glad",
        "neutral": "neutral",
        "sadness": "sorg trist",
        "fear": "frygt bange",
        "disgust": "afsky",
        "surprise": "overraskelse",
    },
    "Swedish": {
        "anger": "ilska arg",
        "happiness": "glädje glad",
        "neutral": "neutral",
        "sadness": "sorg ledsen",
        "fear": "rädsla rädd",
        "disgust": "avsky",
        "surprise": "förvåning",
    },
    "Polish": {
        "anger": "złość gniew",
        "happiness": "radość szczęście",
        "neutral": "neutralny neutralność neutralne",
        "sadness": "smutek",
        "fear": "strach lęk",
        "disgust": "wstręt obrzydzenie",
        "surprise": "zaskoczenie zdziwienie",
        "boredom": "nuda znudzenie",
    },
    "Russian": {
        "anger": "злость гнев zlost gnev",
        "happiness": "радость radost",
        "neutral": "нейтральность нейтрально neytralno",
        "sadness": "грусть печаль grust pechal",
        "fear": "страх strakh",
        "disgust": "отвращение otvrashchenie",
        "surprise": "удивление udivlenie",
    },
    "Greek": {
        "anger": "θυμός thymos",
        "happiness": "χαρά chara",
        "neutral": "ουδέτερο oudetero",
        "sadness": "λύπη lypi",
        "fear": "φόβος fovos",
        "disgust": "αηδία aidia",
        "surprise": "έκπληξη ekplixi",
    },
    "Turkish": {
        "anger": "öfke kızgın kızgınlık sinirli",
        "happiness": "mutluluk mutlu",
        "neutral": "nötr",
        "sadness": "üzüntü üzgün",
        "fear": "korku",
        "disgust": "iğrenme tiksinti",
        "surprise": "şaşkınlık şaşkın",
        "calm": "sakin",
    },
    "Persian": {
        "anger": "khashm asabani",
        "happiness": "shadi khoshhali",
        "neutral": "khonsa",
        "sadness": "gham narahati",
        "fear": "tars",
        "disgust": "enzejar",
        "surprise": "taajob",
    },
    "Chinese": {
        "anger": "生气 愤怒 shengqi fennu",
        "happiness": "高兴 开心 快乐 gaoxing kaixin kuaile",
        "neutral": "中性 中立 zhongxing zhongli",
        "sadness": "悲伤 伤心 难过 beishang shangxin",
        "fear": "恐惧 害怕 恐慌 kongju haipa konghuang",
        "disgust": "厌恶 yanwu",
        "surprise": "惊讶 惊奇 jingya jingqi",
    },
    "Japanese": {
        "anger": "怒り ikari",
        "happiness": "喜び yorokobi",
        "neutral": "平静 heijo",
        "sadness": "悲しみ kanashimi",
        "fear": "恐れ osore",
        "disgust": "嫌悪 keno",
        "surprise": "驚き odoroki",
    },
}

RANKS = {name: 0 if rank < 7 else 1 if rank < 12 else 2 for rank, name in enumerate(EMOTIONS)}
"""Of several that would fit, the usual categories of acted corpora come first."""


def plain(text: str) -> str:
    """Without case, accents, blanks and underscores."""
    letters = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("ı", "i").casefold())
    return "".join(c for c in letters if not unicodedata.combining(c) and c not in " _-.")


_LEXICON = {
    language: {emotion: [plain(word) for word in words.split()] for emotion, words in table.items()}
    for language, table in WORDS.items()
}
_CANONICAL = {plain(name): name for name in EMOTIONS}


def labels(values: Collection[str]) -> dict[str, Label]:
    """What each raw label is taken for, and why; `emotion` None where the words do not decide.

    Whole words count in any language. Abbreviations and initials are read in one language, the one that explains most
    of them; two labels never mean one emotion by abbreviation; where several languages explain as many and disagree,
    nothing is said; nor of fewer than five initials, which some language always explains.
    """
    found = {value: label for value in values if (label := _word(value)) is not None}
    rest = {value: plain(value) for value in values if value not in found}
    short = {value: text for value, text in rest.items() if text and not text.isdigit()}
    taken = {str(label.emotion) for label in found.values()}
    readings = {language: _abbreviations(short, language, taken) for language in _LEXICON}
    most = max((sum(label.emotion is not None for label in r.values()) for r in readings.values()), default=0)
    best = [r for r in readings.values() if sum(label.emotion is not None for label in r.values()) == most > 0]
    few = sum(len(text) == 1 for text in short.values())
    for value in rest:
        options = {label.emotion: label for reading in reversed(best) if (label := reading.get(value))}
        agreed = next(iter(options.values())) if len(options) == 1 and (few > 4 or len(rest[value]) > 1) else None
        either = sorted({str(emotion) for emotion in options if emotion})
        found[value] = agreed or Label(None, f"{' or '.join(either)}?" if either else "")
    return found


def certainty(known: Mapping[str, Label]) -> int:
    """3: words, 2: abbreviations of two letters or more, 1: initials, 0: not emotions, of most of the labels."""
    explained = {value: label for value, label in known.items() if label.emotion}
    emotions = {label.emotion for label in explained.values()}
    if len(emotions) < 2 or 2 * len(explained) < len(known):
        return 0
    if sum("initial" not in label.why and "short" not in label.why for label in explained.values()) * 2 > len(known):
        return 3
    letters = sorted(plain(value) for value in known)
    if max(map(len, letters)) > 1:
        return 2
    # Single letters: takes are lettered too, from a on.
    counted = letters == [chr(ord("a") + number) for number in range(len(letters))]
    return 1 if len(explained) >= 3 and 4 * len(explained) >= 3 * len(known) and not counted else 0


def _word(value: str) -> Label | None:
    text = plain(value)
    if text in _CANONICAL:
        return Label(_CANONICAL[text])
    hits = {emotion: lang for lang, table in _LEXICON.items() for emotion, words in table.items() if text in words}
    if len(hits) == 1:
        ((emotion, language),) = hits.items()
        first = next(lang for lang, table in _LEXICON.items() if text in table.get(emotion, []))
        return Label(emotion, "" if first == "English" else first)
    if len(hits) > 1:
        return Label(None, f"{' or '.join(sorted(hits))}?")
    return None


def _abbreviations(short: Mapping[str, str], language: str, taken: Collection[str]) -> dict[str, Label]:
    """Label -> meaning, by the words of ``language`` that begin with it; no two the same, none in ``taken``."""
    options: dict[str, set[str]] = {}
    for value, text in short.items():
        table = _LEXICON[language]
        fits = {
            e for e, words in table.items() if any(w.startswith(text) for w in (words[:1] if len(text) == 1 else words))
        }
        fits -= set(taken)
        best = min((RANKS[emotion] for emotion in fits), default=0)
        options[value] = {emotion for emotion in fits if RANKS[emotion] == best}
    changed = True
    while changed:  # what can mean one thing only takes it from the others
        changed = False
        sole = {next(iter(o)): value for value, o in options.items() if len(o) == 1}
        for value, o in options.items():
            left = {emotion for emotion in o if sole.get(emotion, value) == value}
            if left != o:
                options[value], changed = left, True
    made = {}
    for value, o in options.items():
        if len(o) == 1:
            (emotion,) = o
            word = next(w for w in WORDS[language][emotion].split() if plain(w).startswith(short[value]))
            kind = "initial of" if len(short[value]) == 1 else "short for"
            made[value] = Label(emotion, f"{kind} {language} {word}")
        elif o:
            made[value] = Label(None, f"{' or '.join(sorted(o))}?")
    return made
