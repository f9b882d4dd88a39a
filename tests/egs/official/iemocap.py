"""Busso et al. (2008) and the release: EmoEvaluation's blocks, transcriptions, turns in folders of their dialogue."""

HEAD = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"


def block(turn: str, emotion: str) -> str:
    return (
        f"[6.2901 - 8.2357]\t{turn}\t{emotion}\t[2.5000, 2.5000, 2.5000]\n"
        "C-E2:\tNeutral;\t()\nC-E3:\tFrustration; Anger;\t(somewhat [annoyed])\nC-F1:\tNeutral;\t()\n"
        "A-E3:\tval 3; act 2; dom  2;\t()\nA-F1:\tval 3; act 2; dom  1;\t()\n\n"
    )


def session(number: int, dialogue: str, turns: dict[str, str]) -> dict[str, str]:
    folder = f"IEMOCAP_full_release/Session{number}"
    return {
        f"{folder}/dialog/EmoEvaluation/{dialogue}.txt": HEAD + "".join(block(*turn) for turn in turns.items()),
        f"{folder}/dialog/EmoEvaluation/._{dialogue}.txt": "[\x00\x05\x16",  # a Mac's, in the release
        f"{folder}/dialog/EmoEvaluation/Categorical/{dialogue}_e2_cat.txt": f"{next(iter(turns))} :Anger; ()\n",
        f"{folder}/dialog/transcriptions/{dialogue}.txt": "".join(
            f"{turn} [006.2901-008.2357]: Excuse me.\n" for turn in turns
        )
        + f"{dialogue}_MXX0 [009.0000-009.2000]: Mmm.\nM: [BREATHING]\n",
    } | {f"{folder}/sentences/wav/{dialogue}/{turn}.wav": "" for turn in turns}


FILES = (
    session(1, "Ses01F_impro01", {"Ses01F_impro01_F000": "neu", "Ses01F_impro01_M003": "xxx"})
    | session(2, "Ses02M_script01_1", {"Ses02M_script01_1_F012": "fru", "Ses02M_script01_1_M012": "exc"})
    | session(5, "Ses05M_script01_1b", {"Ses05M_script01_1b_F001": "oth", "Ses05M_script01_1b_M000": "sad"})
)
COMPLETE = False
_IN = "IEMOCAP_full_release/Session{}/sentences/wav/{}/{}.wav".format
EXAMPLES = {
    _IN(1, "Ses01F_impro01", "Ses01F_impro01_F000"): ("Ses01F", "female", "neutral"),
    _IN(1, "Ses01F_impro01", "Ses01F_impro01_M003"): ("Ses01M", "male", "no_agreement"),  # the turn, not the side
    _IN(2, "Ses02M_script01_1", "Ses02M_script01_1_F012"): ("Ses02F", "female", "frustration"),
    _IN(2, "Ses02M_script01_1", "Ses02M_script01_1_M012"): ("Ses02M", "male", "excitement"),
    _IN(5, "Ses05M_script01_1b", "Ses05M_script01_1b_F001"): ("Ses05F", "female", "other"),
    _IN(5, "Ses05M_script01_1b", "Ses05M_script01_1b_M000"): ("Ses05M", "male", "sadness"),
}
