"""The palette: boards, forms, reports, tables and plots show the same colours, and text in them can be read."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

import jobtype_toolkit as jt
from jobtype_toolkit.display import palette
from jobtype_toolkit.plots import colours
from jobtype_toolkit.report.render import as_html
from jobtype_toolkit.report.shift import Shift
from jobtype_toolkit.widgets.widget import style

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WCAG_TEXT, WCAG_MARK = 4.5, 3.0
"""The contrast that WCAG 2.2 asks for at level AA: of text (1.4.3), and of marks (1.4.11)."""


@pytest.fixture(scope="module")
def report() -> str:
    quiet = Shift("A quiet shift.", "local", NOW, NOW, "as given", 0, None, 0, 0, ())
    return as_html(quiet).partition("</style>")[0]


@pytest.fixture(scope="module")
def sheets(report: str) -> dict[str, str]:
    """The style of a report, and that of forms and boards with its names as the report has them."""
    return {"report": report, "widgets": style().replace("--palette-", "--")}


def defined(sheet: str, name: str) -> list[str]:
    return re.findall(rf"--{name}: (#\w+);", sheet)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, by WCAG's formula."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_black_on_white_has_the_most_contrast():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the grey that just fails


@pytest.mark.parametrize("category", ["SYSTEM", "ALGORITHM", "DATA"])
def test_a_category_has_one_colour_in_plots_reports_and_boards(sheets, category):
    for sheet in sheets.values():
        assert defined(sheet, category.lower())[0] == colours.CATEGORIES[category]
    assert f'[data-tone="{category}"]' in sheets["widgets"]


@pytest.mark.parametrize("tone", ["bad", "warning", "good", "accent", "ink", "quiet", "bar"])
def test_a_tone_has_one_colour_in_reports_and_boards_light_and_dark(sheets, tone):
    light, dark = defined(sheets["report"], tone)[:2]
    assert defined(sheets["widgets"], tone)[:2] == [light, dark]
    assert light != dark


def test_no_sheet_has_a_colour_of_its_own_or_asks_for_one_that_is_not_there(sheets):
    for sheet in sheets.values():
        palette_of_it = sheet[
            sheet.index("color-scheme: light") : sheet.index("--band", sheet.index("scheme: dark")) + 20
        ]
        rules = sheet.replace(palette_of_it, "").partition("@media print")[0]
        assert not re.findall(r"#[0-9a-f]{3,8}\b|rgba?\(", rules)
        names = set(re.findall(r"var\(--([\w-]+)", sheet))
        made = set(re.findall(r"--([\w-]+):", sheet))
        assert {name for name in names - made if not name.startswith(("jp-", "vscode-"))} == set()


@pytest.mark.parametrize("side", ["light", "dark"])
def test_text_can_be_read_on_paper_and_shade(side):
    known = {name: getattr(one, side) for name, one in {**palette.TONES, **palette.PAGE}.items()}
    for name in palette.TEXT:
        assert min(contrast(known[name], known[on]) for on in ("paper", "shade")) >= WCAG_TEXT, name
    assert contrast(known["on-accent"], known["accent"]) >= WCAG_TEXT
    assert contrast(known["bar"], known["paper"]) >= WCAG_MARK


def test_marks_of_a_table_are_seen_on_light_and_on_dark(sample_table):
    marks = set(re.findall(r"#[0-9a-f]{6}", sample_table))
    assert marks == set(palette.EITHER.values())
    for one in marks:
        assert min(contrast(one, palette.PAGE["paper"].light), contrast(one, palette.PAGE["paper"].dark)) >= WCAG_MARK


@pytest.fixture
def sample_table(store: jt.Store) -> str:
    return jt.show(store.status())._repr_html_().partition("</style>")[0]
