"""Everything the chapters import: vocabulary, problems, model, and what is done with them.

The modules follow the way of the data. Those up to ``pretrained`` import no Keras, nor do the
figures, the exercises and the widgets: it comes when a model is built or loaded::

    task, vocabulary, problems           what is learned; text, ids, arrays
    records, results                     what is kept of a model; what was measured
    reference, decoding, search          what a model computes; a model at work
    model_file, pretrained               models in files, and those that come with the book
    model, training, progress, run       models of Keras, and how they are trained
    make_weights                         the command that trains those of the book

``plots``, ``exercises`` and ``widgets`` stand on top. What a reader sees of any of them is said by
``say``, in the reader's language. Keras needs TensorFlow as its backend here:
what is compiled, and each gradient by hand, is TensorFlow's. ``libraries`` sets up both before one
of them is imported.
"""

from helpers import libraries

libraries.set_up()
