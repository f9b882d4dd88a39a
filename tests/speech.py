"""Made-up features: anger trembles, the other emotions do not, two corpora, four speakers."""

import numpy as np

from sernet.config.model import AttributeConfig, EncoderConfig, ModelConfig
from sernet.config.training import TrainConfig
from sernet.data.dataset import Examples, Utterance
from sernet.draws import generator

CLASSES = ["anger", "neutral"]
MODEL = ModelConfig(
    encoder=EncoderConfig(stem_channels=2, channels=[4, 8], strides=[(2, 2), (1, 2)], attention=4),
    embedding=8,
    dropout=0.1,
    attributes={
        "gender": AttributeConfig(control="assist"),
        "speaker": AttributeConfig(control="suppress"),
        "corpus": AttributeConfig(control="auto"),
        "language": AttributeConfig(control="suppress"),
    },
)
CONFIG = TrainConfig(epochs=4, batch_size=8, crop_seconds=0.4, tensorboard=False, dev_every=1, augment={"mixup": 0.2})


def examples(count: int = 24) -> Examples:
    """``count`` utterances of 0.5 to 0.8 s with 20 bins."""
    utterances, features = [], []
    for number in range(count):
        draws = generator("speech", number)
        emotion, speaker = ["anger", "neutral", "calm"][number % 3], f"s{number % 4}"
        matrix = draws.normal(size=(50 + 10 * (number % 4), 20)).astype(np.float32)
        matrix[np.arange(len(matrix)) // 5 % 2 == 0, :10] += 4.0 * (emotion == "anger")
        gender = None if number % 5 == 0 else "fm"[number % 2]
        corpus = ["one", "two"][number // 2 % 2]
        utterances.append(Utterance(f"u{number}", corpus, speaker, emotion, gender, "en", duration=len(matrix) / 100))
        features.append(matrix)
    return Examples(utterances, features)
