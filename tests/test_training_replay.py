"""The training replay: what a page gets, what Python sets and observes, what is refused."""

import gzip
import json
from typing import Any
from xml.etree import ElementTree

import pytest
import traitlets

from helpers import pretrained, problems
from helpers.pictures import PAGE
from helpers.widgets import TrainingReplay
from tests.messages import ONE_SENTENCE
from tests.snapshots import BAD_INDICES, BAD_RUNS, DIV, WATCHED, changed, made_up, recorded


def sent(replay: TrainingReplay) -> dict[str, Any]:
    """Return what a page or a notebook gets, as it arrives there."""
    return json.loads(json.dumps(replay.get_state()))


@pytest.mark.parametrize("name", ["notes", "grown", "step-1-notes"])
def test_every_number_reaches_the_page(name: str) -> None:
    """Epochs, curves and answers arrive as they were recorded."""
    snapshots = pretrained.record(name).snapshots
    state = sent(TrainingReplay(snapshots))
    assert state["epochs"] == [snapshot.epoch for snapshot in snapshots]
    assert state["losses"] == [snapshot.loss for snapshot in snapshots]
    assert state["exact_matches"] == [snapshot.exact_match for snapshot in snapshots]
    assert state["token_accuracies"] == [snapshot.token_accuracy for snapshot in snapshots]
    assert state["watched"] == list(snapshots[0].answers)
    assert state["answers"] == [
        [snapshot.answers[problem] for problem in state["watched"]] for snapshot in snapshots
    ]
    assert state["computed"] == []


def test_a_page_can_carry_it() -> None:
    """The whole run of the model of the book is at most 4 kB on its way to a reader."""
    state = sent(TrainingReplay(pretrained.record("notes").snapshots))
    public = {name: value for name, value in state.items() if not name.startswith("_")}
    assert len(gzip.compress(json.dumps(public).encode())) <= 4_000


def test_it_starts_where_it_is_told() -> None:
    """Without a word it shows the end of the run."""
    assert TrainingReplay(made_up()).snapshot == 3
    replay = TrainingReplay(iter(made_up()), snapshot=0)
    assert (replay.snapshot, replay.shown.epoch) == (0, 0)


def test_python_sets_and_observes() -> None:
    """What a reader can set, Python can, and hears of it."""
    replay = TrainingReplay(made_up())
    heard = []
    replay.observe(lambda change: heard.append(change.new), "snapshot")
    replay.snapshot = 1
    replay.set_state({"snapshot": 2})  # as a page does it
    assert heard == [1, 2]
    assert replay.shown.epoch == 3


def test_replays_are_independent() -> None:
    """Two of the same run have nothing in common, and the list given stays the reader's own."""
    run = made_up()
    first, second = TrainingReplay(run), TrainingReplay(run)
    first.snapshot = 0
    assert second.snapshot == 3
    run.clear()
    assert first.shown.epoch == 0


@pytest.mark.slow
def test_it_takes_the_snapshots_of_a_recorder() -> None:
    """A reader's own run is replayed as the stored ones are."""
    snapshots = recorded()
    state = sent(TrainingReplay(snapshots))
    assert state["epochs"] == [0, 1]
    assert state["watched"] == list(WATCHED)
    assert state["losses"] == [snapshot.loss for snapshot in snapshots]


def test_a_run_without_watched_problems_and_with_one_snapshot() -> None:
    """The curves are there, and no table."""
    replay = TrainingReplay([recorded(watched=())[0]])
    assert sent(replay)["answers"] == [[]]
    assert "<svg" in replay.still().page()
    assert "<table" not in replay.still().page()


def test_the_order_of_the_watched_problems_does_not_matter() -> None:
    """Each answer stays with its problem."""
    turned = dict(reversed(WATCHED.items()))
    state = sent(TrainingReplay(changed(2, answers=turned)))
    assert state["answers"][2] == list(WATCHED.values())


@pytest.mark.parametrize("run", BAD_RUNS, ids=repr)
def test_what_is_no_run_is_refused(run: Any) -> None:
    """One sentence says what snapshots are."""
    with pytest.raises((TypeError, ValueError), match=ONE_SENTENCE):
        TrainingReplay(run)


@pytest.mark.parametrize(
    "run",
    [
        changed(1, loss=float("nan")),
        changed(3, loss=float("inf")),
        changed(0, exact_match=float("nan")),
        changed(2, token_accuracy=float("nan")),
        changed(1, answers={"50+9": "59"}),
        changed(2, answers={}),
        [changed(0, answers={"5 plus 9": "14"})[0]],
        [changed(0, answers={59: "59"})[0]],
    ],
)
def test_snapshots_that_do_not_go_together_are_refused(run: Any) -> None:
    """One sentence says what is the matter."""
    with pytest.raises((TypeError, ValueError), match=ONE_SENTENCE):
        TrainingReplay(run)


@pytest.mark.parametrize("index", BAD_INDICES)
def test_what_is_no_place_in_the_run_is_refused(index: Any) -> None:
    """Nothing changes, and the sentence says which places there are."""
    if index is not None:
        with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
            TrainingReplay(made_up(), snapshot=index)
        assert "from 0 to 3" in str(caught.value)
    replay = TrainingReplay(made_up())
    with pytest.raises((ValueError, traitlets.TraitError), match=ONE_SENTENCE):
        replay.snapshot = index
    assert replay.snapshot == 3


def test_the_still() -> None:
    """Without JavaScript there are both curves, and the answers at five moments of the run."""
    snapshots = pretrained.record("notes").snapshots
    root = ElementTree.fromstring(f"{DIV}{TrainingReplay(snapshots).still().page()}</div>")
    drawn = [svg for svg in root.iter() if svg.tag.endswith("svg")]
    assert len(drawn) == 2
    assert all(svg.get("aria-label") for svg in drawn)
    (table,) = root.findall("table")
    head = [cell.text for cell in table.findall("thead/tr/th")]
    assert head[:3] == ["problem", "right answer", "epoch 0"]
    assert head[-1] == f"epoch {snapshots[-1].epoch}"
    assert len(head) == 7
    lines = table.findall("tbody/tr")
    assert [line.findtext("th") for line in lines] == list(snapshots[0].answers)
    for line, (problem, answer) in zip(lines, snapshots[-1].answers.items(), strict=True):
        right = problems.solve(problem)
        mark = "✓" if answer == right else "✗"
        assert line.findall("td")[0].text == right
        assert line.findall("td")[-1].text == f"{answer} {mark}"


def test_the_still_says_when_nothing_is_written() -> None:
    """An empty answer has a word for it."""
    still = TrainingReplay(made_up()).still().page()
    assert "nothing ✗" in still
    assert "59 ✓" in still


def test_notebook_output() -> None:
    """A notebook gets the live widget, and the still for where there is none."""
    replay = TrainingReplay(made_up())
    data, _ = replay._repr_mimebundle_()
    assert {PAGE, "image/png"} < set(data)
    assert "loss from" in data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in data
