"""What a reader sees and touches of either stepper in a built page."""

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import end_composition, framed

ALLOWED = "A problem is two whole numbers from 0 to 999 with one + or - between them, such as 50+9."
"""What a reader is told who types something else."""


class Stepper:
    """A stepper, of which a subclass knows more."""

    def __init__(self, root: Locator) -> None:
        """Take the frame of the widget."""
        self.root = root
        self.problem = root.get_by_label("Problem", exact=True)
        self.model = root.get_by_label("Model")
        self.complaint = root.locator(".complaint").first
        self.heading = root.locator(".heading")
        self.said = root.get_by_role("status")
        self.table = root.locator("table.steps")

    def press(self, name: str, times: int = 1) -> None:
        """Press a button by its name."""
        for _ in range(times):
            self.root.get_by_role("button", name=name, exact=True).click()

    def ask(self, text: str) -> None:
        """Type a problem and press Enter."""
        self.problem.fill(text)
        self.problem.press("Enter")

    def step(self) -> int:
        """Return the time step that is marked as the current one; 0 if none is."""
        now = self.table.locator("thead [aria-current=step]")
        return int(now.inner_text()) if now.count() else 0


def check_frame_without_forms(browser: Browser, address: str, stepper: str, button: str) -> None:
    """Check that a stepper takes a problem where a frame lets no form be submitted."""
    with browser.new_page() as page:
        seen = Stepper(framed(page, address).locator(stepper).first)
        seen.problem.fill("1*3")
        seen.press(button)
        expect(seen.complaint).to_have_text(ALLOWED)
        seen.ask("1+3")
        expect(seen.complaint).to_be_empty()
        seen.problem.fill(" 81-17 ")
        seen.press(button)
        expect(seen.problem).to_have_value("81-17")


def check_end_of_composition(page: Page, seen: Stepper) -> None:
    """Check that Enter asks for nothing while it only ends the composition of a letter."""
    before = seen.table.inner_text()
    seen.problem.fill("８１－１７")
    end_composition(page)
    seen.problem.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    assert (seen.problem.input_value(), seen.table.inner_text()) == ("８１－１７", before)
    seen.problem.press("Enter")
    assert seen.problem.input_value() == "81-17" and seen.table.inner_text() != before
