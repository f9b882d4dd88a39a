"""Its page: two talkers, 200 words, seven emotions, talker_word_emotion; the words as EmoBox lists the names."""

from itertools import product

NU_6 = """
    back bar base bath bean beg bite boat bone book bought burn cab calm came cause chain chair chalk chat check
    cheek chief choice cool dab date dead death deep dime dip ditch dodge dog doll door fail fall far fat fit five
    food gap gas gaze germ get gin goal good goose gun half hall hash hate have haze hire hit hole home hurl hush
    jail jar join judge jug juice keen keep keg kick kill king kite knock late laud lean learn lease lid life limb
    live loaf long lore lose lot love luck make match merge mess met mill mob mode mood moon mop mouse nag name near
    neat nice note numb pad page pain pass pearl peg perch phone pick pike pole pool puff rag raid rain raise rat
    reach read red ring ripe road room rose rot rough rush said sail search seize sell shack shall shawl sheep shirt
    should shout size soap soup sour south sub such sure take talk tape team tell thin third thought thumb time tip
    tire ton tool tough turn vine voice void vote wag walk wash week wheat when which whip white wife wire witch
    yearn yes young youth
"""
WORDS = NU_6.split()
EMOTIONS = ["angry", "disgust", "fear", "happy", "neutral", "ps", "sad"]

FILES = [f"{s}_{emotion}/{s}_{word}_{emotion}.wav" for s, word, emotion in product(["OAF", "YAF"], WORDS, EMOTIONS)]
COMPLETE = True
EXAMPLES = {
    "OAF_back_angry.wav": ("OAF", "female", "anger"),
    "TESS Toronto emotional speech set data/YAF_pleasant_surprised/YAF_youth_ps.wav": ("YAF", "female", "surprise"),
    "TESS Toronto emotional speech set data/OAF_neutral/OA_bite_neutral.wav": ("OAF", "female", "neutral"),  # its slip
    "YAF/YAF_chair_disgust.wav": ("YAF", "female", "disgust"),
}
