"""The stepper and the lab in Firefox and in WebKit; Chromium is the browser of all other tests."""

import re

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from tests.engines import faults, wait_until
from tests.files import HTML
from tests.steppers import ALLOWED
from tests.test_light_pages import PAGES

SMALL = {"Task": "0 to 99, +", "Units": "16", "Epochs": "2", "Batch": "512"}
"""Settings of a run that is soon over."""


@pytest.fixture(params=["http", "file"])
def base(request: pytest.FixtureRequest, noting_site: str) -> str:
    """Return where the pages are: on a server, and on the disk."""
    return noting_site if request.param == "http" else f"{HTML.as_uri()}/"


def widget(driver: WebDriver, name: str) -> WebElement:
    """Go to the first widget of a kind; return it when it is there."""
    return show(driver, driver.find_element(By.CSS_SELECTOR, f'[data-widget="{name}"]'))


def show(driver: WebDriver, place: WebElement) -> WebElement:
    """Go to the place of a widget; return the widget when it is there."""
    driver.execute_script("arguments[0].scrollIntoView()", place)
    wait_until(lambda: place.find_elements(By.CSS_SELECTOR, ".book-widget") != [])
    return place.find_element(By.CSS_SELECTOR, ".book-widget")


def press(root: WebElement, name: str, times: int = 1) -> None:
    """Press a button by its name."""
    button = root.find_element(By.XPATH, f'.//button[normalize-space()="{name}"]')
    for _ in range(times):
        button.click()


def labelled(root: WebElement, label: str) -> WebElement:
    """Return the field or the list with a label."""
    return root.find_element(
        By.XPATH, f'.//label[span[normalize-space()="{label}"]]/*[self::input or self::select]'
    )


def ask(stepper: WebElement, text: str) -> None:
    """Type a problem and press Enter."""
    field = labelled(stepper, "Problem")
    field.clear()
    field.send_keys(text, Keys.ENTER)


def text_of(root: WebElement, selector: str) -> str:
    """Return the text of a part of a widget."""
    return str(root.find_element(By.CSS_SELECTOR, selector).text)


def test_the_stepper(driver: WebDriver, base: str) -> None:
    """From the first time step to the last, with another problem, and with one that is none."""
    driver.get(f"{base}chapters/decoder.html")
    stepper = widget(driver, "decoder_stepper")
    ask(stepper, "50+9")
    press(stepper, "Next", 5)
    assert text_of(stepper, ".verdict") == "Written: 59. Right."
    assert text_of(stepper, "thead [aria-current=step]") == "5"
    ask(stepper, "99+1")
    assert "The right answer to 99+1 is 100." in text_of(stepper, ".verdict")
    press(stepper, "Next", 5)
    assert text_of(stepper, ".verdict") == "Written: 100. Right."
    ask(stepper, "99*1")
    assert text_of(stepper, ".complaint") == ALLOWED
    assert text_of(stepper, ".verdict") == "Written: 100. Right."


def test_the_lab(driver: WebDriver, base: str) -> None:
    """It trains to the end, and the stepper takes the model."""
    driver.get(f"{base}chapters/training.html")
    lab = widget(driver, "training_lab")
    driver.execute_script("arguments[0].open = true", lab.find_element(By.TAG_NAME, "details"))
    for label, value in SMALL.items():
        Select(labelled(lab, label)).select_by_visible_text(value)
    press(lab, "Train")
    wait_until(lambda: text_of(lab, ".words").startswith("Trained in"))
    words = text_of(lab, ".words")
    assert re.search(r" [\d.]+ % of the whole answers are right, [\d.]+ % of the tokens; ", words)
    stepper = widget(driver, "decoder_stepper")
    wait_until(lambda: labelled(stepper, "Model").get_property("value") == "lab")
    press(stepper, "Next", 5)
    assert text_of(stepper, "thead [aria-current=step]") == "5"


@pytest.mark.parametrize("document", PAGES)
def test_a_page_makes_no_errors(driver: WebDriver, noting_site: str, document: str) -> None:
    """Nor do its widgets when the reader comes to them."""
    driver.get(f"{noting_site}{document}.html")
    for late in driver.find_elements(By.CSS_SELECTOR, ".live-widget[data-script]"):
        show(driver, late)
    assert faults(driver) == []


def test_errors_are_noted(driver: WebDriver, noting_site: str) -> None:
    """The check above sees what fails."""
    driver.get(f"{noting_site}search.html")
    for src in ("no.js", "https://elsewhere.example/no.js"):
        driver.execute_script(
            """document.head.append(
                Object.assign(document.createElement("script"), { src: arguments[0] })
            )""",
            src,
        )
    wait_until(lambda: any("no.js" in fault for fault in faults(driver)))
    wait_until(lambda: any("script-src" in fault for fault in faults(driver)))
