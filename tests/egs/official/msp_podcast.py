"""Labels/labels_consensus.csv as release 2.0 has it; the first row as public readers quote it."""

TABLE = """\
FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set
MSP-PODCAST_0001_0008.wav,N,2.2,4.0,2.6,30,Male,Test1
MSP-PODCAST_0001_0028.wav,N,3.0,4.0,3.2,Unknown,Unknown,Train
MSP-PODCAST_0002_0033.wav,H,5.4,5.8,5.0,127,Female,Development
MSP-PODCAST_1023_0235.wav,X,4.2,3.4,4.0,1201,Female,Test2
MSP-PODCAST_3125_0042.wav,C,4.4,2.4,5.2,1377,Male,Train
MSP-PODCAST_5571_0001.wav,U,5.0,4.6,4.6,2411,Female,Train
"""

FILES = {"Labels/labels_consensus.csv": TABLE} | {f"Audios/{line.split(',')[0]}": "" for line in TABLE.splitlines()[1:]}
COMPLETE = False
EXAMPLES = {
    "Audios/MSP-PODCAST_0001_0008.wav": ("30", "male", "neutral"),
    "Audios/MSP-PODCAST_0001_0028.wav": (None, None, "neutral"),  # nobody knows who it is
    "Audios/MSP-PODCAST_0002_0033.wav": ("127", "female", "happiness"),
    "Audios/MSP-PODCAST_1023_0235.wav": ("1201", "female", "no_agreement"),
    "Audios/MSP-PODCAST_3125_0042.wav": ("1377", "male", "contempt"),
    "Audios/MSP-PODCAST_5571_0001.wav": ("2411", "female", "surprise"),
}
