"""processedResults/summaryTable.csv in the release's format; its first rows, and rows with a tie."""

ROWS = """\
"","FileName","VoiceVote","VoiceLevel","FaceVote","FaceLevel","MultiModalVote","MultiModalLevel"
"1","1001_IEO_NEU_XX","N","69.1","N","92.22","N","64.78"
"2","1001_IEO_HAP_LO","N","71.67","H","57","H","57.38"
"4","1001_IEO_HAP_HI","H","63.5","H","68.25","H","73.2"
"5","1002_IEO_SAD_LO","A:D:N","60:55:70","N","73.5","N","74.8"
"6","1091_WSI_FEA_XX","F","63","S","62","F:S","64:61"
"""

FILES = {
    "processedResults/summaryTable.csv": ROWS,
    "AudioWAV/1001_IEO_NEU_XX.wav": "",
    "AudioWAV/1001_IEO_HAP_LO.wav": "",
    "AudioWAV/1001_IEO_HAP_HI.wav": "",
    "AudioWAV/1002_IEO_SAD_LO.wav": "",
    "AudioWAV/1091_WSI_FEA_XX.wav": "",
}
COMPLETE = False
EXAMPLES = {
    "AudioWAV/1001_IEO_NEU_XX.wav": ("1001", "male", "neutral"),
    "AudioWAV/1001_IEO_HAP_LO.wav": ("1001", "male", "neutral"),  # intended happy, seen happy, heard neutral
    "AudioWAV/1001_IEO_HAP_HI.wav": ("1001", "male", "happiness"),
    "AudioWAV/1002_IEO_SAD_LO.wav": ("1002", "female", "no_agreement"),
    "AudioWAV/1091_WSI_FEA_XX.wav": ("1091", "female", "fear"),  # the voice counts, not the face
}
