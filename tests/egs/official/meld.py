"""The repository's tables in their format (the first rows of each), and the folders of the three archives."""

HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
ROWS = {
    "MELD.Raw/train_sent_emo.csv": """\
1,also I was the point person on my company’s transition from the KL-5 to GR-6 system.,Chandler,neutral,neutral,\
0,0,8,21,"00:16:16,059","00:16:21,731"
2,You must’ve had your hands full.,The Interviewer,neutral,neutral,0,1,8,21,"00:16:21,940","00:16:23,442"
""",
    "MELD.Raw/dev_sent_emo.csv": """\
1,"Oh my God, he’s lost it. He’s totally lost it.",Phoebe,sadness,negative,0,0,4,7,"00:20:57,256","00:21:00,049"
2,What?,Monica,surprise,negative,0,1,4,7,"00:21:01,927","00:21:03,261"
""",
    "MELD.Raw/test_sent_emo.csv": """\
1,Why do all you’re coffee mugs have numbers on the bottom?,Mark,surprise,positive,\
0,0,3,19,"00:14:38,127","00:14:40,378"
2,"Oh. That’s so Monica can keep track. That way if one on them is missing, she can be like, ‘Where’s number 27?!’",\
Rachel,anger,negative,0,1,3,19,"00:14:40,629","00:14:47,385"
""",
}

TRAIN = "MELD.Raw/train/train_splits"
DEV = "MELD.Raw/dev_splits_complete"
TEST = "MELD.Raw/test/output_repeated_splits_test"
FILES = {path: HEAD + rows for path, rows in ROWS.items()}
FILES |= {f"{at}/dia0_utt{n}.{suffix}": "" for at in (TRAIN, DEV, TEST) for n in (0, 1) for suffix in ("mp4", "wav")}
FILES |= {f"{TEST}/final_videos_testdia0_utt0.mp4": "", f"{TEST}/._dia0_utt0.mp4": ""}
COMPLETE = False
EXAMPLES = {
    f"{TRAIN}/dia0_utt0.wav": ("Chandler", "male", "neutral"),
    f"{TRAIN}/dia0_utt1.wav": ("The Interviewer", None, "neutral"),
    f"{DEV}/dia0_utt0.wav": ("Phoebe", "female", "sadness"),  # dialogue 0 begins anew in each part
    f"{DEV}/dia0_utt1.wav": ("Monica", "female", "surprise"),
    f"{TEST}/dia0_utt0.wav": ("Mark", None, "surprise"),
    f"{TEST}/dia0_utt1.wav": ("Rachel", "female", "anger"),
}
