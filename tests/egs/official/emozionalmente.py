"""Its Zenodo page, and the columns that EmoBox and nkululeko read in samples.csv and users.csv."""

EMOTIONS = ["anger", "disgust", "fear", "joy", "neutrality", "sadness", "surprise"]
ACTORS = {"b830cbf6e79aeeee": ("f", 31), "5b8476bb94a4a1a1": ("m", 24), "f78d765ec69ed230": ("o", 40)}
ROWS = [
    (f"16136550{block}{number:04}.wav", actor, emotion)
    for block, actor in enumerate(ACTORS)
    for number, emotion in enumerate(EMOTIONS)
]
SENTENCE = "I vigili sono muniti di pistola, e tu?"  # of our own make, with a comma

FILES = {
    "emozionalmente_dataset/metadata/users.csv": "username,gender,age,mother_tongue\n"
    + "".join(f"{actor},{gender},{age},italian\n" for actor, (gender, age) in ACTORS.items()),
    "emozionalmente_dataset/metadata/samples.csv": "file_name,timestamp,actor,sentence,emotion_expressed\n"
    + "".join(f'{name},0,{actor},"{SENTENCE}",{emotion}\n' for name, actor, emotion in ROWS),
    "emozionalmente_dataset/metadata/evaluations.csv": "file_name,evaluator,emotion_recognized\n"
    + "".join(f"{name},e{i},fear\n" for name, *_ in ROWS for i in range(5)),
    **{f"emozionalmente_dataset/audio/{name}": "" for name, *_ in ROWS},
}
COMPLETE = False
EXAMPLES = {
    "emozionalmente_dataset/audio/1613655000003.wav": ("b830cbf6e79aeeee", "female", "happiness"),
    "emozionalmente_dataset/audio/1613655010004.wav": ("5b8476bb94a4a1a1", "male", "neutral"),
    "emozionalmente_dataset/audio/1613655020000.wav": ("f78d765ec69ed230", "other", "anger"),
    "emozionalmente_dataset/audio/1613655000006.wav": ("b830cbf6e79aeeee", "female", "surprise"),
}
