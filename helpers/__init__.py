"""Everything the chapters import: vocabulary, problems, model, and what is done with them.

The modules follow the way of the data, and each imports only from those before it::

    vocabulary <- problems <- model <- decoding <- plots <- training <- pretrained

``geometry``, ``packing`` and ``pictures`` import nothing, and ``diagrams`` only ``pictures``;
``exercises`` and ``widgets`` stand on top of all.
"""
