"""EmoBox's list and reader: a folder a speaker, a folder an emotion, texts 201 to 250."""

from itertools import product

SPEAKERS = ["liuchanhg", "wangzhe", "zhaoquanyin", "ZhaoZuoxiang"]
EMOTIONS = ["angry", "fear", "happy", "neutral", "sad", "surprise"]

FILES = [f"{speaker}/{emotion}/{text}.wav" for speaker, emotion, text in product(SPEAKERS, EMOTIONS, range(201, 251))]
COMPLETE = True
EXAMPLES = {
    "wangzhe/neutral/239.wav": ("wangzhe", "male", "neutral"),
    "liuchanhg/angry/201.wav": ("liuchanhg", "female", "anger"),
    "ZhaoZuoxiang/sad/250.wav": ("zhaozuoxiang", "male", "sadness"),
    "zhaozuoxiang/happy/250.wav": ("zhaozuoxiang", "male", "happiness"),  # as EmoBox's copy spells it
    "casia/zhaoquanyin/surprise/222.wav": ("zhaoquanyin", "female", "surprise"),
}
