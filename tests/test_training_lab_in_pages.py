"""The training lab as a reader of the built pages meets it, with no kernel."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect

from helpers import decoding, model_file, problems
from helpers.model import Seq2Seq, seq2seq
from helpers.task import TASKS
from helpers.training import examine
from helpers.widgets import TrainingLab
from tests.axe import check_with_axe
from tests.browser import (
    add_widget,
    end_composition,
    only_http,
    open_page,
    sticks_out,
    stop_clock,
    tab_through,
    wait_until,
)
from tests.files import HTML
from tests.messages import ONE_SENTENCE
from tests.models import load
from tests.oldest_browsers import in_workers

WATCHED = ["50+9", "7+8", "99+99", "12+85", "64+7"]
ENDLESS = {"units": 128, "epochs": 1000}
"""Settings of a run that takes minutes: no test waits so long that it could end."""

# Knows which workers of a page are alive.
WORKERS = """
    window.alive = new Set();
    window.Worker = class extends Worker {
        constructor(...given) { super(...given); alive.add(this); }
        terminate() { super.terminate(); alive.delete(this); }
    };
"""
# Asks the one worker something: when it answers, it has done all that it was told before.
ASK = """() => new Promise((done) => {
    const [worker] = alive;
    worker.addEventListener("message", () => done(), { once: true });
    worker.postMessage({ order: "watch", watched: Array(5).fill("1+1") });
})"""


NO_MEMORY = """
    const Memory = WebAssembly.Memory;
    WebAssembly.Memory = function (needed) {
        if (needed.initial > 1) throw new RangeError();
        return new Memory(needed);
    };
"""
"""A script for a worker that gets no memory."""
ENDED = """
    addEventListener("message", ({ data }) => {
        if (data.order === "go") setTimeout(() => { throw new Error(); });
    });
"""
"""A script for a worker that is ended while it trains."""


@pytest.fixture
def lab(page: Page, base: str) -> Locator:
    """Open chapter 4 and go to the lab; its script comes then."""
    page.add_init_script(WORKERS)
    page.goto(f"{base}chapters/training.html")
    assert page.evaluate("window.bookWidgets.training_lab === undefined")
    page.locator('[data-widget="training_lab"]').scroll_into_view_if_needed()
    frame = page.locator(".training-lab")
    frame.wait_for()
    return frame


def small(page: Page, **settings: Any) -> Locator:
    """Add a lab whose runs are short."""
    few = {"task": "sums", "units": 16, "epochs": 2, "batch_size": 512, **settings}
    return add_widget(page, "training_lab", TrainingLab(**few).page_state())


def press(lab: Locator, name: str) -> None:
    """Press a button of the lab."""
    lab.get_by_role("button", name=name, exact=True).click()


def done(lab: Locator) -> Locator:
    """Return the bar that says how much of a run is done."""
    return lab.locator("progress")


def share_done(lab: Locator) -> float:
    """Return how much of a run is done, from 0 to 1."""
    return float(done(lab).evaluate("bar => bar.value"))


def ended(lab: Locator) -> str:
    """Wait for the end of a run; return what is said then."""
    words = lab.locator(".words")
    expect(words).to_have_text(re.compile("^Trained in"))
    return words.inner_text()


def exact_match(words: str) -> float:
    """Return the share of whole answers in what is said."""
    found = re.search(r"([0-9.]+) % of the whole answers", words)
    assert found, words
    return float(found[1])


def chosen(lab: Locator, **settings: str) -> None:
    """Choose settings of the lab by their labels."""
    lab.locator("details").evaluate("details => details.open = true")
    for label, value in settings.items():
        lab.get_by_role("combobox", name=label.replace("_", " ")).select_option(value)


@only_http
def test_from_random_weights_to_99_percent(page: Page, lab: Locator) -> None:
    """With the settings it comes with; the stepper below gets the model, and Python the same."""
    assert "random weights" in lab.locator(".words").inner_text()
    press(lab, "Train")
    assert exact_match(ended(lab)) >= 99
    assert lab.locator("tbody tr td:last-child").all_inner_texts() == ["✓ right"] * 5
    assert share_done(lab) == 1
    stepper = page.locator(".decoder-stepper")
    expect(stepper.get_by_label("Model")).to_have_value("lab")
    for _ in range(TASKS["sums"].answer_length):
        press(stepper, "Next")
    assert "which read from the front is 59. Right." in stepper.locator(".verdict").inner_text()


@only_http
@pytest.mark.parametrize("ops", ["WebAssembly", "JavaScript"])
def test_python_answers_as_the_page_did(page: Page, lab: Locator, ops: str, tmp_path: Path) -> None:
    """The saved file holds a model that makes the same mistakes, and measures the same."""
    short = small(page, units=32, epochs=8, batch_size=64, watched=WATCHED)
    chosen(short, Computed_by=ops)
    press(short, "Train")
    words = ended(short)
    with page.expect_download() as download:
        press(short, "Save the model")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    model = model_file.read(path)
    assert (model.reverse, model.task) == (True, TASKS["sums"])
    answers = decoding.answers(model, WATCHED)
    assert short.locator(".answer").all_inner_texts() == answers
    held_out = problems.split("sums").validation
    match = decoding.exact_match(model, held_out)
    assert 0.02 < match < 0.999
    assert exact_match(words) == pytest.approx(100 * match, abs=0.051)
    loss, accuracy = examine(model, held_out, masked_loss=True)
    assert f"{100 * accuracy:.1f} % of the tokens; the loss is {loss:.3f}." in words


@only_http
def test_a_model_of_keras_opens_in_the_page(page: Page, lab: Locator, tmp_path: Path) -> None:
    """It answers, it can be stepped, and it can be trained further."""
    model = load("grown")
    path = tmp_path / "grown.json"
    model_file.write(path, model)
    chosen(lab, Units="16", Reads_and_writes="front to back", Epochs="2")
    lab.get_by_label("Open a model").set_input_files(path)
    words = lab.locator(".words")
    expect(words).to_have_text(re.compile("^The model of the file"))
    held_out = problems.split("arithmetic").validation
    match = decoding.exact_match(model, held_out)
    assert exact_match(words.inner_text()) == pytest.approx(100 * match, abs=0.051)
    assert lab.get_by_label("Units").input_value() == "64"
    assert lab.get_by_label("Reads and writes").input_value() == "true"
    expect(page.locator(".decoder-stepper").get_by_label("Model")).to_have_value("lab")
    press(lab, "Train")
    assert exact_match(ended(lab)) > 90


@only_http
def test_what_is_no_model_gets_a_sentence(page: Page, lab: Locator, tmp_path: Path) -> None:
    """And what was trained stays."""
    short = small(page)
    press(short, "Train")
    words = ended(short)
    complaint = short.locator(".complaint").first
    path = tmp_path / "mine.json"
    model_file.write(path, seq2seq(3, 12))
    odd = path.read_text(encoding="utf-8")
    for text in (
        "",
        "{}",
        odd.replace("version 2", "version 3"),
        odd.replace('"units": 12', '"units": 8'),
    ):
        path.write_text(text, encoding="utf-8")
        file = short.get_by_label("Open a model")
        file.set_input_files(path)
        expect(file).to_have_value("")  # it has been read
        expect(complaint).to_have_text(re.compile("^This file holds no model"))
    path.write_text(odd, encoding="utf-8")
    short.get_by_label("Open a model").set_input_files(path)
    expect(complaint).to_have_text(re.compile("this one has 12"))
    assert re.fullmatch(ONE_SENTENCE, complaint.inner_text())
    assert short.locator(".words").inner_text() == words


@only_http
def test_a_file_that_is_no_model_does_not_end_a_run(page: Page, lab: Locator) -> None:
    """The run goes on where it was; the complaint goes."""
    short = small(page, **ENDLESS)
    press(short, "Train")
    file = {"name": "a.json", "mimeType": "application/json", "buffer": b"{}"}
    short.get_by_label("Open a model").set_input_files(file)  # type: ignore[arg-type]
    expect(short.locator(".complaint").first).to_have_text(re.compile("^This file holds"))
    press(short, "Pause")
    short.get_by_role("button", name="Go on").wait_for()
    before = share_done(short)
    press(short, "Go on")
    expect(short.locator(".complaint").first).to_be_empty()
    short.get_by_role("button", name="Pause").wait_for()
    assert share_done(short) >= before > 0


@only_http
def test_an_opened_model_stays_until_its_shape_is_changed(
    page: Page, lab: Locator, tmp_path: Path
) -> None:
    """Other settings may be chosen for it; trained further, it belongs to the task of the lab."""
    model = seq2seq(3, 8, TASKS["three-digit"])
    path = tmp_path / "mine.json"
    model_file.write(path, model)
    short = small(page)
    words = short.locator(".words")
    short.get_by_label("Open a model").set_input_files(path)
    expect(words).to_have_text(re.compile("^The model of the file"))
    chosen(short, Epochs="4", Rate="0.01")
    expect(words).to_have_text(re.compile("^The model of the file"))

    def saved() -> Seq2Seq:
        with page.expect_download() as download:
            press(short, "Save the model")
        download.value.save_as(path)
        return model_file.read(path)

    before = saved()
    assert (before.task, before.trained) == (TASKS["three-digit"], False)
    for ours, theirs in zip(before.model.weights, model.model.weights, strict=True):
        assert np.array_equal(ours, theirs)
    press(short, "Train")
    ended(short)
    assert (saved().task, saved().trained) == (TASKS["sums"], True)
    chosen(short, Units="16")
    expect(words).to_have_text(re.compile("random weights"))


@only_http
def test_who_steps_another_model_is_not_disturbed(page: Page, lab: Locator) -> None:
    """The model of the lab is offered, and no more."""
    stepper = page.locator('[data-widget="decoder_stepper"]')
    press(stepper, "Next")
    stepper.get_by_label("Problem", exact=True).fill("12+3")
    short = small(page)
    press(short, "Train")
    ended(short)
    which = stepper.get_by_role("combobox", name="Model")
    expect(which.locator("option")).to_have_text(["notes", "from the lab"])
    expect(which).to_have_value("notes")
    expect(stepper.get_by_label("Problem", exact=True)).to_have_value("12+3")
    expect(stepper.locator("[aria-current=step]")).to_have_text("1")


@only_http
def test_equal_logits_are_the_first_of_them(page: Page, lab: Locator, tmp_path: Path) -> None:
    """As in greedy decoding: a model that says nothing has nothing right."""
    model = seq2seq(3, 8)
    model.model.layers[-1].set_weights([np.zeros((8, 14)), np.zeros(14)])
    path = tmp_path / "mine.json"
    model_file.write(path, model)
    short = small(page)
    short.get_by_label("Open a model").set_input_files(path)
    expect(short.locator(".words")).to_have_text(re.compile(" 0 % of the whole answers"))


@only_http
def test_the_keyboard_keeps_its_place(page: Page, lab: Locator) -> None:
    """A button that has nothing more to do keeps the focus, and does nothing."""
    short = small(page)
    press(short, "Train")
    ended(short)
    button = short.get_by_role("button", name="Reset")
    button.press("Enter")
    expect(button).to_be_focused()
    expect(button).to_be_disabled()
    expect(short.get_by_role("status")).to_have_text(re.compile("random weights"))
    button.press("Enter")
    expect(button).to_be_focused()


@only_http
def test_a_loss_that_is_no_number_ends_the_run(page: Page, lab: Locator, tmp_path: Path) -> None:
    """With a sentence that says what to do; the next run is a good one."""
    model = seq2seq(3, 8)
    model.model.layers[-1].set_weights([np.full((8, 14), 1e37), np.zeros(14)])
    path = tmp_path / "mine.json"
    model_file.write(path, model)
    short = small(page)
    short.get_by_label("Open a model").set_input_files(path)
    expect(short.locator(".words")).to_have_text(re.compile("^The model of the file"))
    press(short, "Train")
    complaint = short.locator(".complaint").first
    expect(complaint).to_have_text(re.compile("^The training has stopped.*lower the rate"))
    press(short, "Train")
    ended(short)
    expect(complaint).to_be_empty()


@only_http
def test_the_three_experiments_of_the_chapter(lab: Locator) -> None:
    """Each comes out as the text beside the lab says."""

    def trained(**settings: str) -> tuple[float, float]:
        chosen(lab, **settings)
        press(lab, "Train")
        words = ended(lab)
        found = re.search(r"([0-9.]+) % of the tokens", words)
        assert found
        return exact_match(words), float(found[1])

    whole, tokens = trained(Reads_and_writes="front to back")
    assert 68 < whole < 80 and tokens - whole > 10
    whole, _ = trained(Reads_and_writes="back to front", Schedule="constant")
    assert 20 < whole < 95
    whole, tokens = trained(Schedule="warm-up, cosine", Units="16")
    assert 7 < whole < 14 and tokens > 50


def test_it_trains_on_a_server_and_from_a_disk(page: Page, lab: Locator) -> None:
    """The loss falls, in WebAssembly and in JavaScript; a seed gives the same run again."""
    short = small(page)
    press(short, "Train")
    first = ended(short)
    loss = float(first.rpartition("loss is ")[2].rstrip("."))
    assert loss < 2
    press(short, "Train")
    again = ended(short)
    assert again.partition("Of the validation")[2] == first.partition("Of the validation")[2]
    chosen(short, Computed_by="JavaScript")
    press(short, "Train")
    plain = float(ended(short).rpartition("loss is ")[2].rstrip("."))
    assert plain == pytest.approx(loss, abs=0.02)
    chosen(short, Seed="1")
    press(short, "Train")
    assert ended(short).partition("Of the validation")[2] != first.partition("Of the validation")[2]


@only_http
def test_without_webassembly_javascript_computes(page: Page, base: str) -> None:
    """The page says so, and trains all the same."""
    script = (HTML / "_static/widgets/training_lab.js").read_text(encoding="utf-8")
    broken = script.replace("AGFzbQEAAAA", "AGFzbQIAAAA")
    assert broken != script
    page.route(
        "**/training_lab.js*",
        lambda route: route.fulfill(body=broken, content_type="text/javascript"),
    )
    page.goto(f"{base}chapters/training.html")
    page.locator('[data-widget="training_lab"]').scroll_into_view_if_needed()
    page.locator(".training-lab").wait_for()
    short = small(page)
    press(short, "Train")
    assert "no WebAssembly for it: JavaScript computes" in ended(short)


def with_policy(page: Page, policy: str) -> None:
    """Let the server forbid the page of the lab things, as hosts do."""

    def answer(route: Route) -> None:
        response = route.fetch()
        headers = {**response.headers, "Content-Security-Policy": policy}
        route.fulfill(response=response, headers=headers)

    page.route("**/chapters/training.html", answer)


def lab_of(page: Page, site: str) -> Locator:
    """Open the chapter and add a lab whose runs are short."""
    page.goto(f"{site}chapters/training.html")
    page.locator('[data-widget="training_lab"]').scroll_into_view_if_needed()
    page.locator(".training-lab").wait_for()
    return small(page)


NO_WORKER = "This browser starts no worker from this page, so nothing can be trained here."


@pytest.mark.parametrize(
    ("policy", "script"),
    [
        ("worker-src 'self'", ""),
        ("script-src 'self' 'unsafe-inline'", ""),
        ("", "delete window.Worker;"),
        ("", "window.Worker = function () { throw new DOMException('', 'SecurityError'); };"),
        ("", in_workers("this is no script")),
    ],
    ids=["policy", "older policy", "no workers", "refused at once", "not understood"],
)
def test_where_no_worker_starts_the_lab_says_so(
    browser: Browser, site: str, policy: str, script: str, tmp_path: Path
) -> None:
    """Each time it is asked; it looks as before, and the stepper still gets an opened model."""
    with browser.new_page() as page:
        page.add_init_script(script)
        if policy:
            with_policy(page, policy)
        short = lab_of(page, site)
        complaint = short.locator(".complaint").first
        for name in ("Train", "One batch", "Train"):
            press(short, name)
            expect(complaint).to_have_text(NO_WORKER)
            expect(short.locator(".words")).to_have_text(re.compile("^No run has begun"))
            press(short, "Train")
            expect(complaint).to_have_text(NO_WORKER)
        path = tmp_path / "grown.json"
        model_file.write(path, load("grown"))
        short.get_by_label("Open a model").set_input_files(path)
        expect(complaint).to_have_text(NO_WORKER)
        stepper = page.locator(".decoder-stepper")
        expect(stepper.get_by_label("Model")).to_have_value("lab")


@pytest.mark.parametrize(
    ("policy", "script"),
    [
        ("script-src 'self' 'unsafe-inline'; worker-src blob:", ""),
        ("", in_workers("delete globalThis.WebAssembly;")),
        ("", in_workers("WebAssembly.Instance = function () { throw new Error(); };")),
    ],
    ids=["policy", "none", "policy in WebKit"],
)
def test_where_no_compiled_code_may_run_javascript_computes(
    browser: Browser, site: str, policy: str, script: str
) -> None:
    """And the lab says so."""
    with browser.new_page() as page:
        page.add_init_script(script)
        if policy:
            with_policy(page, policy)
        short = lab_of(page, site)
        press(short, "Train")
        assert "no WebAssembly for it: JavaScript computes" in ended(short)
        expect(short.locator(".complaint").first).to_be_empty()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (NO_MEMORY, "The browser gave it no memory: choose fewer units or a smaller batch."),
        (ENDED, "The browser has ended it, perhaps for want of memory."),
    ],
    ids=["no memory", "ended"],
)
def test_other_ends_of_a_worker_have_their_own_reasons(
    browser: Browser, site: str, script: str, reason: str
) -> None:
    """The reader learns which it was, and may train again."""
    with browser.new_page() as page:
        page.add_init_script(in_workers(script))
        short = lab_of(page, site)
        chosen(short, Epochs="100")
        press(short, "Train")
        complaint = short.locator(".complaint").first
        expect(complaint).to_have_text(f"The training has stopped. {reason}")
        expect(short.get_by_role("button", name="Train", exact=True)).to_be_enabled()
        wait_until(page, lambda: page.workers == [])


@only_http
def test_no_old_answer_stands_beside_a_new_problem(page: Page, lab: Locator) -> None:
    """Nothing stands there until the worker has answered, also if Python sets the problem."""
    state = TrainingLab(task="sums", units=16, epochs=2, batch_size=512).page_state()
    page.evaluate(
        """(state) => {
            window.model = new PageModel(state);
            const el = document.createElement("div");
            el.id = "mine";
            document.querySelector(".live-widget").parentElement.append(el);
            bookWidgets.training_lab.render({ model, el });
            const send = Worker.prototype.postMessage;
            window.held = [];
            Worker.prototype.postMessage = function (message) {
                if (message.order === "watch") held.push(() => send.call(this, message));
                else send.call(this, message);
            };
        }""",
        state,
    )
    short = page.locator("#mine > .training-lab")
    press(short, "Train")
    ended(short)
    rows = short.locator("tbody tr")
    expect(short.locator(".answer", has_text=re.compile("."))).to_have_count(5)

    def check(number: int, problem: str) -> None:
        row = rows.nth(number).locator("td")
        field = row.first.locator("input")
        expect(field).to_have_value(problem)
        assert row.all_inner_texts()[1:] == [str(problems.solve(problem)), "", ""]
        assert short.locator(".answer").all_inner_texts().count("") == 1
        page.evaluate("held.splice(0).forEach((send) => send())")
        expect(row.nth(2)).to_have_text(re.compile("."))
        expect(row.nth(3)).to_have_text(re.compile("right|wrong"))

    field = short.get_by_label("Problem 2")
    field.fill("31+4")
    field.press("Enter")
    check(1, "31+4")
    page.evaluate(
        "model.set('watched', model.get('watched').map((old, k) => (k === 3 ? '20+2' : old)))"
    )
    check(3, "20+2")


@only_http
def test_enter_that_ends_a_composition_changes_no_problem(page: Page, lab: Locator) -> None:
    """The next one does."""
    field = lab.get_by_label("Problem 1")
    right = lab.locator("tbody td:nth-child(2)").first
    field.fill("３１＋４")
    end_composition(page)
    assert (field.input_value(), right.inner_text()) == ("３１＋４", "59")
    field.press("Enter")
    assert (field.input_value(), right.inner_text()) == ("31+4", "35")


@only_http
def test_batch_by_batch_pause_and_reset(page: Page, lab: Locator) -> None:
    """One batch is one update; a paused run goes on; a reset one begins anew."""
    long = small(page, **ENDLESS)
    press(long, "One batch")
    expect(done(long)).not_to_have_js_property("value", 0)
    one = share_done(long)
    press(long, "One batch")
    expect(done(long)).to_have_js_property("value", 2 * one)
    expect(long.locator(".words")).to_have_text(re.compile("Epoch 0 of 1000"))
    page.evaluate(ASK)
    assert share_done(long) == 2 * one
    press(long, "Go on")
    press(long, "Pause")
    long.get_by_role("button", name="Go on").wait_for()
    stopped = share_done(long)
    page.evaluate(ASK)
    assert share_done(long) == stopped > 2 * one
    press(long, "Reset")
    expect(long.locator(".words")).to_have_text(re.compile("random weights"))
    assert share_done(long) == 0


# Starts a run and ends it, some times; returns how many workers there were in between and after.
START_AND_STOP = """async (lab, times) => {
    const button = async (name) => {
        for (;;) {
            const named = (it) => it.textContent.trim() === name && it.checkVisibility();
            const found = [...lab.querySelectorAll("button")].find(named);
            if (found) return found;
            await new Promise(requestAnimationFrame);
        }
    };
    const workers = [];
    for (let time = 0; time < times; time++) {
        (await button("Train")).click();
        await button("Pause");
        workers.push(alive.size);
        (await button("Reset")).click();
        await button("Train");
        workers.push(alive.size);
    }
    return workers;
}"""


@only_http
def test_starts_and_stops_leave_nothing_behind(page: Page, lab: Locator) -> None:
    """One worker at a time, none after a reset, and the memory of the page does not grow.

    All is done within the page, for what a test asks from outside takes memory too.
    """
    long = small(page, **ENDLESS)
    client = page.context.new_cdp_session(page)

    def used_after(times: int) -> int:
        assert long.evaluate(START_AND_STOP, times) == [1, 0] * times
        wait_until(page, lambda: page.workers == [])
        client.send("HeapProfiler.collectGarbage")
        return int(client.send("Runtime.getHeapUsage")["usedSize"])

    before = used_after(12)
    assert used_after(12) - before < 100_000


@only_http
def test_two_labs_train_side_by_side(page: Page, lab: Locator) -> None:
    """Each for itself: the result is that of a lab alone."""
    first, second = small(page), small(page, seed=1)
    for one in (first, second):
        press(one, "Train")
    together = [ended(one).partition("Of the validation")[2] for one in (first, second)]
    assert page.evaluate("alive.size") == 2
    press(first, "Reset")
    press(second, "Reset")
    press(second, "Train")
    assert ended(second).partition("Of the validation")[2] == together[1] != together[0]


@only_http
def test_it_goes_on_behind_another_tab(page: Page, lab: Locator) -> None:
    """A reader may do something else meanwhile."""
    short = small(page, epochs=8)
    other = page.context.new_page()
    other.bring_to_front()
    press(short, "Train")
    ended(short)
    other.close()


@only_http
def test_a_reader_may_leave_in_the_middle(page: Page, lab: Locator, base: str) -> None:
    """The worker goes with the page; who comes back can train."""
    long = small(page, **ENDLESS)
    press(long, "Train")
    expect(long.locator(".words")).to_have_text(re.compile("^Epoch"))
    page.goto(f"{base}chapters/glossary.html")
    page.evaluate("document.fonts.ready.then(() => {})")
    wait_until(page, lambda: page.workers == [])
    page.go_back()
    place = page.locator('[data-widget="training_lab"]')
    place.scroll_into_view_if_needed()
    button = page.locator(".training-lab").first.get_by_role(
        "button", name=re.compile("Train|Go on|Pause")
    )
    button.wait_for()


@only_http
def test_two_runs_are_laid_over_each_other(page: Page, lab: Locator) -> None:
    """The curves that were kept stay, thin, with what the other run was."""
    short = small(page)
    press(short, "Train")
    ended(short)
    press(short, "Keep these curves")
    chosen(short, Reads_and_writes="front to back")
    press(short, "Train")
    ended(short)
    assert short.locator("svg polyline.line.kept").count() == 4
    assert short.locator("svg polyline.line:not(.kept)").count() == 4
    said = short.locator(".about").first.inner_text()
    assert said.startswith("Thin, the run you kept:")
    assert said.endswith("; Reads and writes back to front.")
    chosen(short, Epochs="4")
    points = short.locator("svg polyline.line.kept").last.get_attribute("points")
    assert points is not None
    assert float(points.split()[-1].split(",")[0]) == pytest.approx((46 + 330) / 2, abs=0.1)
    press(short, "Remove the kept curves")
    assert short.locator("svg polyline.line.kept").count() == 0
    expect(short.locator(".about").first).to_be_empty()


@only_http
def test_the_page_is_told_of_progress_and_of_the_end(page: Page, lab: Locator) -> None:
    """A screen reader hears what is seen, not more often than every few seconds."""
    long = small(page, **ENDLESS)
    words, status = long.locator(".words"), long.get_by_role("status")
    assert status.get_attribute("aria-live") == "polite"
    stop_clock(page)
    press(long, "Train")
    expect(words).to_have_text(re.compile("^Epoch"))
    before = status.inner_text()
    expect(words).not_to_have_text(before)
    now = words.inner_text()
    expect(words).not_to_have_text(now)
    assert status.inner_text() == before
    page.clock.run_for(4001)
    expect(status).not_to_have_text(before)
    press(long, "Pause")
    long.get_by_role("button", name="Go on").wait_for()
    expect(status).to_have_text(words.inner_text())


@only_http
def test_wrong_input_gets_a_sentence(page: Page, lab: Locator) -> None:
    """And the problem that was asked stays."""
    field = lab.get_by_label("Problem 1")
    field.fill("50*9")
    field.press("Tab")
    complaint = lab.locator(".complaint").last
    assert re.fullmatch(ONE_SENTENCE, complaint.inner_text())
    assert lab.locator("tbody td:nth-child(2)").first.inner_text() == "59"
    field.fill("5 - 9")
    field.press("Tab")
    expect(complaint).to_be_empty()
    assert lab.locator("tbody td:nth-child(2)").first.inner_text() == "-4"
    note = lab.locator(".about").last
    expect(note).to_be_empty()
    field.fill("999+1")
    field.press("Tab")
    expect(note).to_have_text(re.compile("from 0 to 99 with .* a problem like 999\\+1, so do not"))
    lab.get_by_role("combobox", name="Task").select_option("0 to 99, +")
    field.fill("5-9")
    field.press("Tab")
    expect(note).to_have_text(
        re.compile("from 0 to 99 with \\+\\. It never saw a problem like 5-9")
    )


@only_http
def test_all_of_it_by_keyboard(page: Page, lab: Locator) -> None:
    """Each control is reached, seen, and has a name."""
    names = tab_through(page, lab)
    assert {"Task", "Units", "Train", "One batch", "Problem 5"} <= set(names)
    assert all(names)


def test_axe_finds_nothing_in_a_lab_that_has_trained(browser: Browser, site: str) -> None:
    """With two runs laid over each other, and two complaints."""
    page = browser.new_page(color_scheme="light")
    open_page(page, f"{site}chapters/training.html")
    page.locator('[data-widget="training_lab"]').scroll_into_view_if_needed()
    page.locator(".training-lab").wait_for()
    short = small(page)
    press(short, "Train")
    ended(short)
    press(short, "Keep these curves")
    press(short, "Train")
    ended(short)
    short.get_by_label("Problem 1").fill("wrong")
    short.get_by_label("Problem 1").press("Enter")
    file = {"name": "a.json", "mimeType": "application/json", "buffer": b"{}"}
    short.get_by_label("Open a model").set_input_files(file)  # type: ignore[arg-type]
    expect(short.locator(".complaint:visible")).to_have_count(2)
    check_with_axe(page, "#added-0")
    page.close()


def test_without_scripts_a_recorded_run_stands_there(browser: Browser, site: str) -> None:
    """Its curves, as two pictures, in the place of the lab."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}chapters/training.html")
    pictures = page.locator('[data-widget="training_lab"]').get_by_role("img")
    assert pictures.count() == 2
    pictures.first.wait_for()
    pictures.last.wait_for()
    context.close()


def test_the_page_stays_light_with_all_that_comes_late(browser: Browser, site: str) -> None:
    """The lab's code comes when the reader is near it, and is small."""
    context = browser.new_context()
    page = context.new_page()
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.goto(f"{site}chapters/training.html", wait_until="networkidle")
    assert not any("training_lab" in request.url for request in requests)
    with page.expect_request_finished(lambda request: "training_lab" in request.url) as late:
        page.locator('[data-widget="training_lab"]').scroll_into_view_if_needed()
    page.locator(".training-lab").wait_for()
    at_once = [request for request in requests if request != late.value]
    sizes = [request.sizes()["responseBodySize"] for request in (late.value, *at_once)]
    assert 0 < sizes[0] < 40_000
    assert len(sizes) > 20 and sum(sizes) <= 320_000
    context.close()


@only_http
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_it_fits(page: Page, lab: Locator, width: int) -> None:
    """On a phone and on a desk."""
    page.set_viewport_size({"width": width, "height": 800})
    assert sticks_out(page, lab) == []
