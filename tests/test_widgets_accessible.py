"""The widgets in use, for readers who see, hear or touch them differently."""

from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.test_light_pages import check_with_axe, finish_animations, open_page, with_widgets


@with_widgets
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_widgets_that_are_used(
    document: str, scheme: Literal["light", "dark"], site: str, browser: Browser
) -> None:
    """Axe has nothing to say once the widgets show all they have, and a complaint."""
    with browser.new_page(color_scheme=scheme) as page:
        open_page(page, f"{site}{document}.html")
        for late in page.locator(".live-widget[data-script]").all():
            late.scroll_into_view_if_needed()
            expect(late.locator(".book-widget")).to_be_visible()
        for widget in page.locator(".book-widget").all():
            for box in widget.get_by_role("checkbox").all():
                box.check()
            for field in widget.get_by_label("Problem", exact=True).all():
                field.fill("123+456")
                field.press("Enter")
                field.fill("wrong")
                field.press("Enter")
            for button in widget.get_by_role("button", name="Next", exact=True).all():
                button.click(click_count=2)
            for slider in widget.get_by_role("slider").all():
                slider.press("ArrowLeft")
        finish_animations(page)
        check_with_axe(page)
