"""Other people's networks, trained from scratch by our recipe: what MSAC-SERNet is measured against.

A module here is loaded only by a model of its name (`model.kind`) and has one function, ``parts(bins)``: an encoder and
a pooling with the interfaces of `sernet.model.encoder.Encoder` and `sernet.model.pooling.AttentiveStatistics`.
"""
