"""Everything the chapters import: the vocabulary, the problems, the model, and what is done with them.

The modules follow the way of the data, and each imports only from those before it::

    vocabulary <- problems <- model <- decoding <- training <- pretrained

``plots``, ``exercises`` and ``widgets`` stand on top of them.
"""
