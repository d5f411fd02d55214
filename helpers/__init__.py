"""Everything the chapters import: vocabulary, problems, model, and what is done with them.

The modules follow the way of the data, and each imports only from those before it::

    vocabulary <- problems <- model <- reference <- decoding <- plots <- training <- pretrained

``numbers`` comes before all. ``geometry``, ``packing`` and ``pictures`` import none of these, and
``diagrams`` only ``pictures``; ``exercises`` and ``widgets`` stand on top. Keras needs TensorFlow
as its backend here: what is compiled, and each gradient by hand, is TensorFlow's.
``libraries`` sets up Keras and TensorFlow before one of them is imported.
"""

from helpers import libraries

libraries.set_up()
