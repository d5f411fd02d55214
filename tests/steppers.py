"""What a reader sees and touches of either stepper in a built page."""

from playwright.sync_api import Locator

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
