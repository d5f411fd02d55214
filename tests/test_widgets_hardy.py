"""The widgets of the built pages under thousands of odd inputs."""

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page

from helpers import problems
from helpers.vocabulary import TOKENS
from tests.browser import watch
from tests.steppers import ALLOWED

COUNTS = {"decoder": 4_000, "encoder": 1_000}  # they share the code that reads a problem
MARKUP = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</script><b>1</b>",
    "'\"><svg onload=alert(1)>",
    "&lt;b&gt;",
    "<!--",
    "{{7*7}}",
    "${1+1}",
)

# Types each text into the problem and puts it; steps through some of the answers.
TYPE_ALL = """([widget, texts]) => {
    const root = document.querySelector(widget);
    const input = root.querySelector("input[type=text]");
    const table = root.querySelector("table");
    const buttons = [...root.querySelectorAll("button")];
    const [put, next] = [/^(Ask|Read it)$/, /^Next$/].map((name) =>
        buttons.find((it) => name.test(it.textContent)));
    return texts.map((text, number) => {
        const before = table.textContent;
        input.value = text;
        put.click();
        const complaint = root.querySelector(".complaint").textContent;
        const stayed = table.textContent === before;
        const steps = number % 25 ? [] : table.querySelectorAll("thead button");
        if (complaint === "") for (const _ of steps) next.click();
        const rows = [...table.querySelectorAll("tbody tr")].map((row) =>
            [...row.cells].map((cell) => cell.textContent));
        return [complaint, input.value, stayed, Object.fromEntries(
            rows.map(([name, ...cells]) => [name, cells]))];
    });
}"""


def odd_text(source: random.Random) -> str:
    """Return a text that somebody might type, paste or forge."""
    digits = "0123456789"
    kinds = [
        lambda: f"{source.randint(0, 1200)}{source.choice('+-*/−–‐ー')}{source.randint(0, 1200)}",
        lambda: "".join(source.choices(digits + "+- ", k=source.randint(0, 9))),
        lambda: "".join(chr(source.randint(0, 0x2FF)) for _ in range(source.randint(0, 12))),
        lambda: "".join(
            source.choices("😀👩‍👩‍👧‍👦🇰🇷０１２３＋－٣٤五十安녕하세요\u202e\u200b\ufeff", k=6)
        ),
        lambda: source.choice(MARKUP) + source.choice(["", "50+9"]),
        lambda: source.choice(digits + "+<😀") * source.randint(1000, 20_000),
        lambda: "".join(source.choices("\0\x07\x1b[31m\r\n\t\x7f\u2028\u2029", k=5)) + "5+5",
        lambda: f" {source.randint(0, 999)} +\t{source.randint(0, 999)} ",
        lambda: f"{source.randint(0, 999)}-{source.randint(0, 999)}",
    ]
    weights = [8, 8, 4, 3, 2, 0.05, 2, 4, 8]
    return str(source.choices(kinds, weights)[0]())


def normal(text: str) -> str | None:
    """Return the problem in a text as the page should read it, None if there is none."""
    try:
        return problems.normal(text)
    except ValueError:
        return None


@pytest.fixture(params=COUNTS)
def open_page(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Any]:
    """Open the page of a stepper; at the end nothing has gone wrong in it."""
    page = browser.new_page()
    faults = watch(page, site)

    def refuse(dialog: Dialog) -> None:
        faults.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", refuse)
    page.goto(f"{site}chapters/{request.param}.html")
    yield page, f".{request.param}-stepper", COUNTS[request.param]
    assert faults == []
    page.close()


def test_thousands_of_texts(open_page: tuple[Page, str, int]) -> None:
    """Each gives an answer, or the one sentence and the last good state; none becomes markup."""
    page, widget, count = open_page
    source = random.Random(0)
    texts = [odd_text(source) for _ in range(count)]
    kinds = f"[...new Set([...document.querySelectorAll('{widget} *')].map((it) => it.tagName))]"
    before = set(page.evaluate(kinds))
    good = 0
    for start in range(0, count, 500):
        batch = texts[start : start + 500]
        seen = page.evaluate(TYPE_ALL, [widget, batch])
        for text, (complaint, shown, stayed, rows) in zip(batch, seen, strict=True):
            problem = normal(text)
            if problem is None:
                assert (complaint, stayed) == (ALLOWED, True), repr(text)
                continue
            good += 1
            assert (complaint, shown) == ("", problem), repr(text)
            arrays = problems.arrays(problem)
            if widget == ".encoder-stepper":
                assert rows["reads"] == [TOKENS[token] for token in arrays.encoder_input]
            else:
                assert rows["right"] == [TOKENS[token] for token in arrays.target.argmax(axis=-1)]
                assert {re.sub(" [✓✗]", "", cell) for cell in rows["writes"]} <= {*TOKENS, "·"}
    assert count / 10 < good < count * 9 / 10
    assert set(page.evaluate(kinds)) <= before
