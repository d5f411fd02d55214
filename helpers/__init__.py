"""Everything the chapters import: vocabulary, problems, model, and what is done with them.

The modules follow the way of the data, and each imports only from those before it::

    vocabulary <- problems <- model <- decoding <- plots <- training <- pretrained

``diagrams``, ``geometry`` and ``packing`` import nothing; ``exercises`` and ``widgets`` stand
on top of all.
"""
