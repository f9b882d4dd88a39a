"""OpenSLR 136: metadata.csv divided by bars, recordings by the names that it gives; wav made beside the webm."""

TABLE = """\
id|utterance|description|emotion|date_created|status|gender|age|level|audio_recording|user_id
390|In all other instances the copular verb acts regularly.|{transcription} said {user_id} in a {emotion} voice.|Happy|\
2022-07-16 15:43:06.014790|Complete|Female|20s|3|wavs/recorded_audio_wC6dAsG.webm|3
958|The Pioneer Room houses the Church of God archival materials.|Placing emphasis on {Church of God}.|Sad|\
2022-08-02 12:48:03.956974|Complete|Female|20s|8|wavs/recorded_audio_3HcoloC.webm|3
427|It may also be associated with nervousness, anxiety, depression, and "others".|{transcription} said.|Surprised|\
2022-07-16 16:15:43.068805|Complete|Female|20s|4|wavs/recorded_audio_NiFbKKy.webm|3
12|How nice of you.|{transcription} said {user_id}.|Sarcastic|\
2022-07-16 16:15:43.068805|Complete|Female|20s|10|wavs/recorded_audio_RF6OuQ4.webm|3
13|This one is to be said again.|{transcription} said {user_id}.|Excited|\
2022-07-16 16:15:43.068805|Needs Updating|Female|20s|0|wavs/recorded_audio_oGl6q2Q.webm|3
"""

FILES = {
    "metadata.csv": TABLE,
    "cleaned_webm/recorded_audio_wC6dAsG.wav": "",
    "cleaned_webm/recorded_audio_3HcoloC.wav": "",
    "cleaned_webm/recorded_audio_NiFbKKy.wav": "",
    "cleaned_webm/recorded_audio_RF6OuQ4.wav": "",
}
COMPLETE = False
EXAMPLES = {
    "cleaned_webm/recorded_audio_wC6dAsG.wav": ("3", "female", "happiness"),
    "cleaned_webm/recorded_audio_3HcoloC.wav": ("3", "female", "sadness"),
    "cleaned_webm/recorded_audio_NiFbKKy.wav": ("3", "female", "surprise"),
    "cleaned_webm/recorded_audio_RF6OuQ4.wav": ("3", "female", "sarcasm"),
}
