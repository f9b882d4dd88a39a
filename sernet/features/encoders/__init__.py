"""Pre-trained speech encoders as front ends: one file per family of models, all behind `base.SpeechEncoder`.

`folder` finds the files of an encoder, `load` makes it ready, `extractor` turns samples into what stage 2 stores.
"""
