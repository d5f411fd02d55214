"""How soon the decoder stepper answers in a page, and what a time step costs there and in Keras.

It looks at the built pages.
"""

import time
from collections.abc import Callable
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from helpers import decoding, pretrained
from helpers.results import Table
from tests.browser import executable
from tests.files import HTML

RUNS = 7
STEPS = 13  # eight of the encoder, five of the decoder

FIRST_STEP = """() => new Promise((resolve) => {
    const look = () => {
        const buttons = [...document.querySelectorAll(".decoder-stepper button")];
        const next = buttons.find((it) => it.textContent === "Next");
        if (!next) return requestAnimationFrame(look);
        next.click();
        requestAnimationFrame(() => resolve(performance.now()));
    };
    look();
})"""

# The state goes with the picture it stood beside, so it is kept before the widget takes the place.
KEEP_STATE = """document.addEventListener("readystatechange", () => {
    const script = document.querySelector(".live-widget > script");
    if (script) window.stateOfThePage ??= script.textContent;
});"""
TRACES = """([name, times]) => {
    const state = { ...JSON.parse(window.stateOfThePage), model: name };
    const model = { get: (key) => state[key], set: (key, value) => { state[key] = value; } };
    const { initialize } = window.bookWidgets.decoder_stepper;
    for (let k = 0; k < 200; k++) initialize({ model });
    const start = performance.now();
    for (let k = 0; k < times; k++) initialize({ model });
    return (performance.now() - start) / times;
}"""


def table() -> Table:
    """Return how soon the stepper answers, and what its time steps cost."""
    found = Table(
        "The decoder stepper",
        ("", "first step shown after opening (ms)", "a time step, page (ms)", "in Keras (ms)"),
        note=f"Opened from the disk, the median of {RUNS}. A problem takes {STEPS} time steps.",
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        for name, document in (("notes", "intro"), ("grown", "chapters/decoder")):
            shown = median(opened(browser, document) for _ in range(RUNS))
            page = in_page(browser, name)
            found.add(f"{name}, on {document.rpartition('/')[2]}", shown, page, in_keras(name))
        browser.close()
    return found


def opened(browser: Browser, name: str) -> float:
    """Return when the first step was shown after a page was opened, in ms."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{HTML.as_uri()}/{name}.html", wait_until="commit")
    shown = page.evaluate(FIRST_STEP)
    context.close()
    return float(shown)


def in_page(browser: Browser, name: str) -> float:
    """Return what a time step costs in the page, in ms."""
    page = browser.new_page()
    page.add_init_script(KEEP_STATE)
    page.goto(f"{HTML.as_uri()}/intro.html")
    cost = float(page.evaluate(TRACES, [name, 1000])) / STEPS
    page.close()
    return cost


def in_keras(name: str) -> float:
    """Return what a time step of a trace costs in Keras, in ms."""
    model = pretrained.load(name)
    return timed(lambda: decoding.trace(model, "50+9")) / STEPS


def timed(act: Callable[[], object], times: int = 50) -> float:
    """Return what a call costs, in ms, the median of many."""
    act()
    costs = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        costs.append(1000 * (time.perf_counter() - start))
    return median(costs)
