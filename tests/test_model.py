"""The encoder-decoder, and what the study notes' code does on Keras as installed."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from helpers import decoding
from helpers.model import Seq2Seq, seq2seq
from helpers.problems import batch, solve
from helpers.task import ARITHMETIC, TASKS
from helpers.vocabulary import EOS, PAD, TOKENS, decode
from tests.messages import ONE_SENTENCE
from tests.models import load
from tests.variants import parts

PROBLEMS = ["50+9", "3-71", "99+99", "0-0"]

NOTES = """
def seq2seq():
    encoder_input = Input(shape = (8, ))
    embedding = Embedding(len(vocab), output_dim = 5)
    x = embedding(encoder_input)
    context_vector = GRU(units = 16)(x)
    encoder = Model(encoder_input, context_vector)

    decoder_input = Input(shape = (5, ))
    y = embedding(decoder_input)
    gru = GRU(units=16, return_sequences=True)
    y = gru(y, initial_state = context_vector)
    softmax = Dense(units = len(vocab), activation = 'sigmoid')
    y = softmax(y)

    next_decoder_input = Input(shape = (1, ))
    next_decoder_embedded = embedding(next_decoder_input)
    decoder_initial_state = Input(shape = (16, ))
    decoder_gru_output = gru(next_decoder_embedded, initial_state = decoder_initial_state)
    decoder_softmax_output = softmax(decoder_gru_output)
    decoder = Model([next_decoder_input, decoder_initial_state],
                    [decoder_softmax_output, decoder_gru_output])

    model = Model([encoder_input, decoder_input], y)
    model.COMPILE(loss = 'categorical_crossentropy', optimizer = 'adam', metrics = ['accuracy'])
    return model, encoder, decoder
"""

IMPORTED = {
    "Input": keras.layers.Input,
    "Embedding": keras.layers.Embedding,
    "GRU": keras.layers.GRU,
    "Model": keras.models.Model,
}
FORGOTTEN = {"vocab": TOKENS, "Dense": keras.layers.Dense}


Views = tuple[keras.Model, keras.Model, keras.Model]


def of_the_notes(names: dict[str, Any], compiles_with: str = "compile") -> Views:
    """Run the notes' function as it is written, with these names in scope."""
    scope = dict(names)
    exec(NOTES.replace("COMPILE", compiles_with), scope)
    return scope["seq2seq"]()


@pytest.fixture(scope="module")
def models() -> Seq2Seq:
    """The untrained model with the notes' sizes."""
    keras.utils.set_random_seed(0)
    return seq2seq()


@pytest.fixture(scope="module")
def notes() -> Views:
    """The notes' own three models, with no more mended than it takes to build them."""
    keras.utils.set_random_seed(0)
    return of_the_notes(IMPORTED | FORGOTTEN)


def test_parameters(models: Seq2Seq) -> None:
    """2,516 with the notes' sizes: 70 + 1,104 + 1,104 + 238."""
    assert models.model.count_params() == 2516
    sizes = {layer.name: layer.count_params() for layer in models.model.layers if layer.weights}
    assert sizes == {"embedding": 70, "encoder_gru": 1104, "decoder_gru": 1104, "softmax": 238}


@pytest.mark.parametrize(("embedding_dim", "units"), [(1, 1), (16, 64), (3, 2)])
def test_other_sizes(embedding_dim: int, units: int) -> None:
    """Parameters and shapes follow from the two sizes."""
    model, encoder, decoder = seq2seq(embedding_dim, units)
    gru = 3 * units * (embedding_dim + units + 2)
    assert model.count_params() == 14 * embedding_dim + 2 * gru + 14 * (units + 1)
    assert encoder.output.shape == (None, units)
    assert [output.shape for output in decoder.outputs] == [(None, 1, 14), (None, units)]


def test_shapes(models: Seq2Seq) -> None:
    """Each input and output has the axes that the documentation names."""
    model, encoder, decoder = models
    assert [tensor.shape for tensor in model.inputs] == [(None, 8), (None, 5)]
    assert model.output.shape == (None, 5, 14)
    assert [tensor.shape for tensor in encoder.inputs] == [(None, 8)]
    assert encoder.output.shape == (None, 16)
    assert [tensor.shape for tensor in decoder.inputs] == [(None, 1), (None, 16)]
    assert [tensor.shape for tensor in decoder.outputs] == [(None, 1, 14), (None, 16)]


def test_ids_are_integers(models: Seq2Seq) -> None:
    """Every input of token ids has an integer dtype."""
    model, encoder, decoder = models
    ids = [*model.inputs, *encoder.inputs, decoder.inputs[0]]
    assert {tensor.dtype for tensor in ids} == {"int32"}


def test_layers_are_shared(models: Seq2Seq) -> None:
    """One embedding for all three, one decoder GRU and softmax for two: the same variables."""
    model, encoder, decoder = models
    for name, views in {
        "embedding": tuple(models),
        "encoder_gru": (model, encoder),
        "decoder_gru": (model, decoder),
        "softmax": (model, decoder),
    }.items():
        for view in views:
            assert view.get_layer(name) is model.get_layer(name)
            owned = {id(variable) for variable in view.weights}
            assert {id(variable) for variable in model.get_layer(name).weights} <= owned
    owners = {variable.path.split("/")[0] for view in models for variable in view.weights}
    assert owners == {"embedding", "encoder_gru", "decoder_gru", "softmax"}


def test_two_models_share_nothing() -> None:
    """A second call makes new variables."""
    first, second = ({id(variable) for variable in seq2seq(2, 3).model.weights} for _ in range(2))
    assert len(first) == len(second) == 9
    assert not first & second


def test_the_shared_embedding_is_used_by_all(models: Seq2Seq) -> None:
    """A change of one row of the matrix changes what encoder, decoder and model give."""
    model, encoder, decoder = models
    encoder_input, decoder_input, _ = batch(PROBLEMS[:1])
    inputs = {
        model: [encoder_input, decoder_input],
        encoder: encoder_input,
        decoder: [np.array([[PAD]], np.int32), np.zeros((1, 16), np.float32)],
    }
    table = encoder.get_layer("embedding").embeddings
    before = {
        view: np.asarray(keras.tree.flatten(view(given))[0]) for view, given in inputs.items()
    }
    kept = table.numpy()
    try:
        table.assign(kept + (np.arange(14) == PAD)[:, None].astype(np.float32))
        for view, given in inputs.items():
            assert not np.allclose(keras.tree.flatten(view(given))[0], before[view]), view.name
    finally:
        table.assign(kept)


def test_rows_are_distributions(models: Seq2Seq) -> None:
    """Every row that comes out of the softmax is positive and sums to 1."""
    model, encoder, decoder = models
    encoder_input, decoder_input, _ = batch(PROBLEMS)
    rows = model([encoder_input, decoder_input]).numpy()
    assert rows.shape == (4, 5, 14)
    step, _ = decoder([decoder_input[:, :1], encoder(encoder_input).numpy()])
    for distributions in (rows, step.numpy()):
        assert (distributions > 0).all()
        assert distributions.sum(axis=-1) == pytest.approx(1, abs=1e-5)


def test_step_decoder_by_hand(models: Seq2Seq) -> None:
    """Five steps, each state fed straight back, give what the training model gives at once."""
    model, encoder, decoder = models
    encoder_input, decoder_input, _ = batch(PROBLEMS)
    state = encoder(encoder_input)
    rows = []
    for time in range(5):
        token = keras.ops.convert_to_tensor(decoder_input[:, time : time + 1])
        distribution, state = decoder([token, state])
        assert distribution.shape == (4, 1, 14)
        assert state.shape == (4, 16)
        rows.append(distribution.numpy())
    together = model([encoder_input, decoder_input]).numpy()
    assert np.concatenate(rows, axis=1) == pytest.approx(together, abs=1e-6)


def test_compiled_as_in_the_notes(models: Seq2Seq) -> None:
    """Categorical cross-entropy, Adam with its own learning rate, accuracy."""
    model = models.model
    assert model.loss == "categorical_crossentropy"
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.001)
    assert model.get_compile_config()["metrics"] == ["accuracy"]


@pytest.mark.parametrize("size", [0, -1])
def test_sizes_below_one(size: int) -> None:
    """The size that is wrong is named."""
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        seq2seq(embedding_dim=size)
    assert "embedding_dim" in str(caught.value)
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        seq2seq(units=size)
    assert "units" in str(caught.value)


@pytest.mark.parametrize("size", [5.0, np.float32(5), np.True_, True, "5", None, [5]])
def test_sizes_are_whole_numbers(size: Any) -> None:
    """Anything else is a TypeError that names the size."""
    with pytest.raises(TypeError, match=ONE_SENTENCE) as caught:
        seq2seq(size)
    assert "embedding_dim" in str(caught.value)
    with pytest.raises(TypeError, match=ONE_SENTENCE) as caught:
        seq2seq(5, size)
    assert "units" in str(caught.value)


def test_saved_and_loaded_by_keras(tmp_path: Path) -> None:
    """From ``model.save`` come all three views back: the layers are found by their names."""
    model = load("grown")
    model.model.save(tmp_path / "grown.keras")
    again = keras.models.load_model(tmp_path / "grown.keras", compile=False)
    embedding, encoder_gru, decoder_gru, softmax = map(
        again.get_layer, ("embedding", "encoder_gru", "decoder_gru", "softmax")
    )
    read = keras.Input((8,), dtype="int32")
    encoder = keras.Model(read, encoder_gru(embedding(read)))
    token, state = keras.Input((1,), dtype="int32"), keras.Input((64,))
    step, next_state = decoder_gru(embedding(token), initial_state=state)
    decoder = keras.Model([token, state], [softmax(step), next_state])
    its = Seq2Seq(again, encoder, decoder, reverse=True)
    encoder_input, decoder_input, _ = batch(PROBLEMS, reverse=True)
    inputs = [encoder_input, decoder_input]
    assert np.array_equal(again(inputs), model.model(inputs))
    for problem in PROBLEMS:
        ours = decoding.trace(model, problem)
        theirs = decoding.trace(its, problem)
        assert ours.answer == theirs.answer == solve(problem)
        for one, other in zip(ours.steps, theirs.steps, strict=True):
            assert np.array_equal(one.distribution, other.distribution)


# The value that holds the three.


def test_it_unpacks_as_the_three(models: Seq2Seq) -> None:
    """In the order of training, reading, writing; the fields have their names."""
    model, encoder, decoder = models
    assert (model, encoder, decoder) == (models.model, models.encoder, models.decoder)
    assert [view.name for view in models] == ["seq2seq", "encoder", "decoder"]


def test_what_is_known_of_it(models: Seq2Seq) -> None:
    """A new model reads from the front, has learned nothing, and carries one state."""
    assert (models.reverse, models.trained, models.architecture) == (False, False, "gru")
    assert models.task == ARITHMETIC
    assert models.carried == {"state": (16,)}
    assert models.units == 16
    assert seq2seq(2, 3).units == 3
    grown = load("grown")
    assert (grown.reverse, grown.trained, grown.units) == (True, True, 64)


def test_it_says_what_it_is(models: Seq2Seq) -> None:
    """How many weights, and the order if it is another."""
    assert repr(models) == "<Seq2Seq of 2,516 weights>"
    assert repr(load("grown")) == "<Seq2Seq of 32,622 weights, back to front>"


def test_another_order_of_the_same_layers(models: Seq2Seq) -> None:
    """`dataclasses.replace` gives a second value; the first one stays, and cannot be changed."""
    turned = replace(models, reverse=True, task=TASKS["sums"])
    assert (turned.reverse, turned.task.name) == (True, "sums")
    assert (models.reverse, models.task) == (False, ARITHMETIC)
    assert all(one is other for one, other in zip(models, turned, strict=True))
    front, back = (decoding.context_vector(one, "12+3") for one in (models, turned))
    assert not np.allclose(front, back)
    assert np.array_equal(
        back, models.begin(batch(["12+3"], reverse=True).encoder_input[0])["state"]
    )
    assert replace(models, reverse=np.True_).reverse  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        models.reverse = True  # type: ignore[misc]


class Subclassed(keras.Model):
    """A model that does not say what it takes."""

    def call(self, tokens: Any) -> Any:
        """Give something."""
        return keras.ops.zeros((1, 8))


NO_ENCODERS: dict[str, tuple[Callable[[], Any], type[Exception]]] = {
    "none": (lambda: None, TypeError),
    "a name": (lambda: "notes", TypeError),
    "a layer": (lambda: keras.layers.GRU(8), TypeError),
    "subclassed": (Subclassed, TypeError),
    "not built": (lambda: keras.Sequential([keras.layers.GRU(8)]), TypeError),
    "a fixed batch": (lambda: parts(batch=1)[0], ValueError),
    "a larger fixed batch": (lambda: parts(batch=4)[0], ValueError),
    "all states": (lambda: parts(encoder={"return_sequences": True})[0], ValueError),
    "two outputs": (lambda: parts(encoder={"return_state": True})[0], ValueError),
    "the training model": (lambda: load("notes").model, ValueError),
    "a decoder": (lambda: load("notes").decoder, ValueError),
}

NO_DECODERS: dict[str, tuple[Callable[[], Any], type[Exception]]] = {
    "none": (lambda: None, TypeError),
    "subclassed": (Subclassed, TypeError),
    "not built": (lambda: keras.Sequential([keras.layers.GRU(8)]), TypeError),
    "a fixed batch": (lambda: parts(batch=1)[1], ValueError),
    "other tokens": (lambda: parts(tokens=20)[1], ValueError),
    "without its state": (
        lambda: keras.Model((one := parts()[1]).inputs, one.outputs[:1]),
        ValueError,
    ),
    "an encoder": (lambda: load("notes").encoder, ValueError),
    "the training model": (lambda: load("notes").model, ValueError),
}


@pytest.mark.parametrize(("made", "error"), NO_ENCODERS.values(), ids=NO_ENCODERS)
def test_no_encoder(models: Seq2Seq, made: Callable[[], Any], error: type[Exception]) -> None:
    """One true sentence in place of what Python or Keras says of it."""
    with pytest.raises(error, match=ONE_SENTENCE) as caught:
        Seq2Seq(models.model, made(), models.decoder)
    assert str(caught.value).startswith("An encoder ")


@pytest.mark.parametrize(("made", "error"), NO_DECODERS.values(), ids=NO_DECODERS)
def test_no_decoder(models: Seq2Seq, made: Callable[[], Any], error: type[Exception]) -> None:
    """So with a decoder."""
    with pytest.raises(error, match=ONE_SENTENCE) as caught:
        Seq2Seq(models.model, models.encoder, made())
    assert str(caught.value).startswith("A decoder ")


def test_models_that_do_not_belong_together(models: Seq2Seq) -> None:
    """An encoder of 16 units has nothing for a decoder of 64; nor may the two be swapped."""
    model, encoder, decoder = models
    for two in ((encoder, load("grown").decoder), (decoder, encoder), (decoder, decoder)):
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            Seq2Seq(model, *two)


@pytest.mark.parametrize("other", [None, "notes", keras.layers.GRU(8), 5])
def test_no_training_model(models: Seq2Seq, other: Any) -> None:
    """It is one of Keras as well."""
    with pytest.raises(TypeError, match=ONE_SENTENCE):
        replace(models, model=other)


@pytest.mark.parametrize("reverse", [None, "yes", 1, 0.0, []])
def test_reverse_is_true_or_false(models: Seq2Seq, reverse: Any) -> None:
    """A page asks for one of the two."""
    with pytest.raises(TypeError, match=ONE_SENTENCE):
        replace(models, reverse=reverse)


@pytest.mark.parametrize("task", ["sums", "", 3, None])
def test_a_task_is_a_value(models: Seq2Seq, task: Any) -> None:
    """It is a value; a check of it comes before anything else asks it."""
    with pytest.raises(TypeError, match=ONE_SENTENCE):
        replace(models, task=task)


# The faults of the notes' code, each shown on Keras as installed.


def test_notes_vocab_is_not_defined() -> None:
    """The function stops at the name ``vocab``."""
    with pytest.raises(NameError, match="vocab"):
        of_the_notes(IMPORTED)


def test_notes_dense_is_not_imported() -> None:
    """With a vocabulary it stops at ``Dense``."""
    with pytest.raises(NameError, match="Dense"):
        of_the_notes(IMPORTED | {"vocab": TOKENS})


def test_notes_complie() -> None:
    """With all names there it stops at ``model.complie``."""
    with pytest.raises(AttributeError, match="complie"):
        of_the_notes(IMPORTED | FORGOTTEN, "complie")


@pytest.mark.slow
def test_notes_sigmoid_trains_to_the_same_loss(notes: Views, models: Seq2Seq) -> None:
    """The loss comes from the logits, so training is the same; but the rows sum to 7, not 1."""
    encoder_input, decoder_input, target = batch(PROBLEMS)
    losses, rows = [], []
    for model in (notes[0], models.model):
        copy = keras.models.clone_model(model)
        copy.set_weights(models.model.get_weights())
        copy.compile(
            loss="categorical_crossentropy",
            optimizer=keras.optimizers.Adam(0.01),
            run_eagerly=True,
        )
        rows.append(copy([encoder_input, decoder_input]).numpy())
        losses.append(
            [
                float(np.ravel(copy.train_on_batch([encoder_input, decoder_input], target))[0])
                for _ in range(3)
            ]
        )
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert losses[0][2] < losses[0][0]
    sigmoid, softmax = (row.sum(axis=-1) for row in rows)
    assert softmax == pytest.approx(1, abs=1e-5)
    assert (sigmoid > 3).all()
    assert np.array_equal(rows[0].argmax(axis=-1), rows[1].argmax(axis=-1))


def test_notes_state_cannot_be_fed_back(notes: Views, models: Seq2Seq) -> None:
    """The notes' decoder gives the state as (batch, 1, units); its own input wants two axes."""
    token, zeros = keras.ops.array([[PAD]], "int32"), keras.ops.zeros((1, 16))
    _, state = notes[2]([token, zeros])
    assert state.shape == (1, 1, 16)
    for decoder in (notes[2], models.decoder):
        with pytest.raises(ValueError, match=r"expected shape=\(None, 16\)"):
            decoder([token, state])
    _, ours = models.decoder([token, zeros])
    models.decoder([token, ours])


def test_notes_ids_are_floats(notes: Views) -> None:
    """``Input(shape=(8,))`` holds floats: an id of 5.7 is cut to 5 without a word."""
    encoder = notes[1]
    assert encoder.inputs[0].dtype == "float32"
    ids = np.array([[12, 12, 12, 5, 0, 10, 9, 13]], np.float32)
    assert np.array_equal(encoder(ids), encoder(ids + 0.7 * (ids == 5)))


def test_notes_batch_axis(notes: Views, models: Seq2Seq) -> None:
    """What the notes write down as (8, 5) is (batch, 8, 5)."""
    for _, encoder, _ in (notes, models):
        embedded = next(layer for layer in encoder.layers if "embedding" in layer.name).output
        assert embedded.shape == (None, 8, 5)


def test_notes_decoder_input_ends_in_pad() -> None:
    """PAD, 5, 9, EOS, PAD: the answer one step late, not the answer, and not ending in EOS."""
    _, decoder_input, target = batch(["50+9"])
    assert [TOKENS[token] for token in decoder_input[0]] == ["PAD", "5", "9", "EOS", "PAD"]
    answer = target[0].argmax(axis=-1)
    assert answer.tolist() == [5, 9, EOS, PAD, PAD]
    assert decode(answer) == "59"
    assert np.array_equal(decoder_input[0, 1:], answer[:-1])
    assert not np.array_equal(decoder_input[0], answer)
