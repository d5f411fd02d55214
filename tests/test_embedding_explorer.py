"""The embedding explorer: what a page gets, what Python sets and observes, what is refused."""

import gzip
import json
from base64 import b64decode
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

from helpers import pretrained
from helpers.geometry import distances, principal_components, rank_correlation
from helpers.packing import WHOLE
from helpers.pictures import PAGE
from helpers.vocabulary import TOKENS
from helpers.widgets import EmbeddingExplorer
from tests.messages import ONE_SENTENCE
from tests.snapshots import BAD_INDICES, BAD_RUNS, DIV, changed, made_up, recorded

BAD_TOKENS: list[Any] = ["", "10", "x", "55", "pad", 5, None]


def sent(explorer: EmbeddingExplorer) -> dict[str, Any]:
    """Return what a page or a notebook gets, as it arrives there."""
    return json.loads(json.dumps(explorer.get_state()))


def unpacked(packed: dict[str, str]) -> np.ndarray:
    """Return the numbers of a packed matrix, axes (token, embedding_dim)."""
    if "floats" in packed:
        return np.frombuffer(b64decode(packed["floats"]), "<f4").reshape(len(TOKENS), -1)
    exponents = np.frombuffer(b64decode(packed["exponents"]), "<i1").astype(int)
    (kind,) = (kind for bits, kind in WHOLE.items() if f"int{bits}" in packed)
    (text,) = (packed[name] for name in packed if name.startswith("int"))
    whole = np.frombuffer(b64decode(text), kind).astype(float)
    return np.ldexp(whole.reshape(len(TOKENS), -1), exponents)


@pytest.mark.parametrize("name", ["notes", "two-numbers", "sixteen-numbers"])
def test_every_number_reaches_the_page(name: str) -> None:
    """Epochs and matrices arrive as they were recorded, to the last bit."""
    snapshots = pretrained.record(name).snapshots
    state = sent(EmbeddingExplorer(snapshots))
    assert state["epochs"] == [snapshot.epoch for snapshot in snapshots]
    assert len(state["matrices"]) == len(snapshots)
    for packed, snapshot in zip(state["matrices"], snapshots, strict=True):
        np.testing.assert_array_equal(unpacked(packed), snapshot.embedding)
    assert state["computed"] == []


def test_a_page_can_carry_it() -> None:
    """The whole run of the model of the book is at most 12 kB on its way to a reader."""
    state = sent(EmbeddingExplorer(pretrained.record("notes").snapshots))
    public = {name: value for name, value in state.items() if not name.startswith("_")}
    assert len(gzip.compress(json.dumps(public).encode())) <= 12_000


def test_the_map_is_that_of_the_last_snapshot() -> None:
    """The page projects on the plane of the last matrix, and gets what the figures draw."""
    snapshots = pretrained.record("notes").snapshots
    plane = sent(EmbeddingExplorer(snapshots, snapshot=0))["plane"]
    last = snapshots[-1].embedding
    points, share = principal_components(last)
    found = (last - np.array(plane["mean"])) @ np.array(plane["directions"]).T
    np.testing.assert_allclose(found, points, atol=1e-5)
    np.testing.assert_allclose(plane["share"], share)
    np.testing.assert_allclose(np.linalg.norm(plane["directions"], axis=1), 1)


def test_it_starts_where_it_is_told() -> None:
    """Without a word it shows 5 beside 4, after training."""
    explorer = EmbeddingExplorer(made_up())
    assert (explorer.token, explorer.other, explorer.snapshot) == ("5", "4", 3)
    explorer = EmbeddingExplorer(iter(made_up()), token="PAD", other="+", snapshot=1)
    assert (explorer.token, explorer.other, explorer.snapshot) == ("PAD", "+", 1)
    assert explorer.shown.epoch == 1


def test_python_sets_and_observes() -> None:
    """All that a reader can set, Python can, and hears of it."""
    explorer = EmbeddingExplorer(made_up())
    heard = []
    explorer.observe(lambda change: heard.append((change.name, change.new)))
    explorer.token = "EOS"
    explorer.other = "-"
    explorer.snapshot = 0
    assert heard == [("token", "EOS"), ("other", "-"), ("snapshot", 0)]
    explorer.set_state({"token": "7", "snapshot": 2})  # as a page does it
    assert (explorer.token, explorer.shown.epoch) == ("7", 3)


def test_explorers_are_independent() -> None:
    """Two of the same run have nothing in common, and the list given stays the reader's own."""
    run = made_up()
    first, second = EmbeddingExplorer(run), EmbeddingExplorer(run)
    first.token, first.snapshot = "9", 0
    assert (second.token, second.snapshot) == ("5", 3)
    run.clear()
    assert len(first.snapshots) == 4
    assert first.shown.epoch == 0


@pytest.mark.slow
def test_it_takes_the_snapshots_of_a_recorder() -> None:
    """A reader's own run is shown as the stored ones are."""
    snapshots = recorded()
    explorer = EmbeddingExplorer(snapshots)
    assert explorer.epochs == [0, 1]
    np.testing.assert_array_equal(unpacked(sent(explorer)["matrices"][0]), snapshots[0].embedding)


def test_one_snapshot_and_rows_that_are_all_the_same() -> None:
    """There is something to send and to show even if nothing moves or differs."""
    same = made_up([7])
    same[0].embedding[:] = 1
    explorer = EmbeddingExplorer(same)
    assert sent(explorer)["plane"]["share"] == [0, 0]
    assert "<td>none</td>" in explorer.still().page()


@pytest.mark.parametrize("run", BAD_RUNS, ids=repr)
def test_what_is_no_run_is_refused(run: Any) -> None:
    """One sentence says what snapshots are."""
    with pytest.raises((TypeError, ValueError), match=ONE_SENTENCE):
        EmbeddingExplorer(run)


@pytest.mark.parametrize(
    "run",
    [
        changed(1, embedding=np.zeros((14, 4))),
        changed(1, embedding=np.zeros((13, 3))),
        changed(0, embedding=np.zeros(14)),
        changed(0, embedding=np.zeros((13, 3))),
        changed(2, embedding=np.full((14, 3), np.nan)),
        changed(3, embedding=np.full((14, 3), np.inf)),
        made_up(columns=1),
    ],
)
def test_embeddings_that_do_not_go_together_are_refused(run: Any) -> None:
    """One sentence says what an embedding is."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        EmbeddingExplorer(run)


@pytest.mark.parametrize("token", BAD_TOKENS)
def test_what_is_no_token_is_refused(token: Any) -> None:
    """Nothing changes, and the sentence names all tokens."""
    for words in ({"token": token}, {"other": token}):
        with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
            EmbeddingExplorer(made_up(), **words)
        assert all(repr(name) in str(caught.value) for name in TOKENS)
    explorer = EmbeddingExplorer(made_up())
    for name in ("token", "other"):
        with pytest.raises((ValueError, traitlets.TraitError), match=ONE_SENTENCE):
            setattr(explorer, name, token)
    assert (explorer.token, explorer.other) == ("5", "4")


@pytest.mark.parametrize("index", BAD_INDICES)
def test_what_is_no_place_in_the_run_is_refused(index: Any) -> None:
    """Nothing changes, and the sentence says which places there are."""
    if index is not None:
        with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
            EmbeddingExplorer(made_up(), snapshot=index)
        assert "from 0 to 3" in str(caught.value)
    explorer = EmbeddingExplorer(made_up())
    with pytest.raises((ValueError, traitlets.TraitError), match=ONE_SENTENCE):
        explorer.snapshot = index
    assert explorer.snapshot == 3


def test_the_still() -> None:
    """Without JavaScript there are a map, all distances, the two rows and the way there."""
    snapshots = pretrained.record("notes").snapshots
    explorer = EmbeddingExplorer(snapshots, token="7", other="8")
    root = ElementTree.fromstring(f"{DIV}{explorer.still().page()}</div>")
    drawn = [svg for svg in root.iter() if svg.tag.endswith("svg")]
    assert len(drawn) == 2
    assert all(svg.get("aria-label") for svg in drawn)
    rows, way = root.findall("table")
    assert [line.findtext("th") for line in rows.findall("tr")] == ["7", "8"]
    written = [cell.text for cell in rows.findall("tr")[0].findall("td")]
    assert written == [f"{value:z.2f}" for value in snapshots[-1].embedding[7]]
    lines = [[cell.text for cell in line] for line in way.findall("tbody/tr")]
    assert [lines[0][0], lines[-1][0]] == ["0", str(snapshots[-1].epoch)]
    apart = distances(snapshots[-1].embedding)
    i, j = np.triu_indices(10, 1)
    assert lines[-1][1] == f"{apart[7, 8]:.3f}"
    assert lines[-1][2] == f"{rank_correlation(j - i, apart[i, j]):.2f}"


def test_notebook_output() -> None:
    """A notebook gets the live widget, and the still for where there is none."""
    explorer = EmbeddingExplorer(made_up())
    data, _ = explorer._repr_mimebundle_()
    assert {PAGE, "image/png"} < set(data)
    assert data["text/plain"].startswith("Map of the tokens epoch ")
    assert "application/vnd.jupyter.widget-view+json" in data
