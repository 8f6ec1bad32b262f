"""Plots show the frame: what is drawn is read back from the figure and compared with the numbers that were given."""

from __future__ import annotations

import sys
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from children import run
from matplotlib.colors import to_rgb
from matplotlib.dates import date2num

import jobtype_toolkit as jt
from jobtype_toolkit.display import palette
from jobtype_toolkit.plots import colours

DAYS = pd.date_range("2026-10-01", periods=5, tz="UTC")


def answer(service: str, columns: dict[str, object], **attrs: object) -> pd.DataFrame:
    """The frame of a question, by hand."""
    frame = pd.DataFrame(columns)
    frame.attrs = {"service": service, "zone": "UTC", **attrs}
    return frame


def trend(**more: object) -> pd.DataFrame:
    columns = {
        "name": "fit", "version": "1.0", "start": DAYS, "is_partial": [True, False, False, False, True],
        "finished": [10, 20, 0, 40, 50], "failed": [1, 2, 0, 20, 5],
        "rate": [0.1, 0.1, np.nan, 0.5, 0.1], "low": [0.0, 0.05, np.nan, 0.4, 0.02], "high": [0.4, 0.3, np.nan, 0.6, 0.2],
    }  # fmt: skip
    return answer("failure_trend", columns | more)


STATUS = answer(
    "status",
    {
        "name": ["fit", "fit", "fit", "press", "press"],
        "version": "1.0",
        "status": ["FAILED", "FAILED", "COMPLETED", "FAILED", "RUNNING"],
        "category": ["SYSTEM", "DATA", None, None, None],
        "count": [3, 4, 13, 2, 9],
    },
)
TIMED = answer(
    "durations",
    {"name": ["fit", "fit"], "version": ["1.0", "1.1"], "n": [9, 8], "p50": [60.0, 90.0], "p90": [120.0, 150.0],
     "p99": [300.0, 400.0], "low": [50.0, 80.0], "high": [70.0, 95.0]},
)  # fmt: skip
BACKLOG = answer(
    "backlog", {"moment": DAYS[[0, 1, 3, 0]], "name": ["fit", "fit", "fit", "press"], "queued": [2, 5, 1, 7]}
)
ONSETS = answer(
    "error_onsets",
    {"name": ["fit", "fit", "press"], "error_name": ["disk", "slow", "chronic"], "error_category": ["SYSTEM", "DATA", "DATA"],
     "onset": [DAYS[0], DAYS[2], pd.NaT], "until": [DAYS[1], pd.NaT, pd.NaT], "last_seen": DAYS[[0, 3, 3]], "count": [5, 6, 7],
     "cause": ["revision", None, None], "cause_value": ["3", None, None]},
    window={"started": "2026-09-01T00:00:00Z", "ended": "2026-10-05T00:00:00Z"},
)  # fmt: skip
PLOTS = {
    "failure_trend": trend(),
    "status_bars": STATUS,
    "run_times": TIMED,
    "backlog": BACKLOG,
    "onsets": ONSETS,
    "failing_days": trend(),
}


def test_a_trend_has_the_rates_at_their_times_and_the_interval_around_them():
    frame = trend()
    axes = jt.plots.failure_trend(frame).axes[0]
    (line,) = axes.get_lines()
    np.testing.assert_allclose(line.get_xdata(orig=False), date2num(DAYS))
    np.testing.assert_array_equal(line.get_ydata(), frame["rate"])
    corners = np.concatenate([path.vertices for path in axes.collections[0].get_paths()])
    assert {*corners[:, 1].round(6)} == {*frame["low"].dropna(), *frame["high"].dropna()}
    assert "(UTC)" in axes.get_xlabel()


def test_partial_buckets_are_hatched():
    axes = jt.plots.failure_trend(trend()).axes[0]
    hatched = [patch for patch in axes.patches if patch.get_hatch()]
    assert [patch.get_x() + patch.get_width() / 2 for patch in hatched] == pytest.approx(date2num(DAYS[[0, 4]]))


def test_a_trend_marks_its_own_revisions_and_shows_what_is_usual():
    usual = answer("worse_than_usual", {"name": ["fit", "press"], "usual_low": [0.05, 0], "usual_high": [0.2, 1]})
    marks = answer(
        "changes",
        {
            "kind": ["new_revision", "new_revision", "new_error", "paused"],
            "name": ["fit", "press", "fit", "fit"],
            "what": ["3", "9", "disk", "1.0"],
            "moment": [DAYS[1], DAYS[2], DAYS[2], DAYS[0] - pd.Timedelta(days=9)],
        },
    )
    axes = jt.plots.failure_trend(trend(), usual=usual, marks=marks).axes[0]
    band = next(patch for patch in axes.patches if patch.get_label() == "usual")
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((0.05, 0.2))
    assert [text.get_text() for text in axes.texts] == ["revision 3"]


def test_a_group_of_a_trend_is_a_line_of_its_own():
    both = pd.concat([trend(), trend(name="press", rate=[0.0] * 5)])
    both.attrs = trend().attrs
    lines = jt.plots.failure_trend(both).axes[0].get_lines()
    assert [line.get_label() for line in lines] == ["fit 1.0", "press 1.0"]
    assert len({line.get_color() for line in lines}) == 2
    many = pd.concat([trend(version=str(number)) for number in range(11)])
    with pytest.raises(jt.InvalidParameter, match="10 groups at most, and this has 11"):
        jt.plots.failure_trend(many)


def test_bars_are_as_long_as_there_are_failures_in_the_colour_of_their_category():
    axes = jt.plots.status_bars(STATUS).axes[0]
    bars = [(round(bar.get_y() + bar.get_height() / 2), bar.get_x(), bar.get_width(), to_rgb(bar.get_facecolor()))
            for bar in axes.patches if bar.get_width()]  # fmt: skip
    assert sorted(bars) == [
        (0, 0, 3, to_rgb(colours.CATEGORIES["SYSTEM"])),
        (0, 3, 4, to_rgb(colours.CATEGORIES["DATA"])),
        (1, 0, 2, to_rgb(colours.UNKNOWN)),
    ]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["fit 1.0", "press 1.0"]
    assert [text.get_text() for text in axes.texts] == ["7 (35%)", "2 (100%)"]


def test_run_times_stand_at_their_percentiles():
    axes = jt.plots.run_times(TIMED).axes[0]
    drawn = {line.get_label(): [*line.get_xdata()] for line in axes.get_lines()}
    assert drawn == {"median": [60, 90], "90 % are shorter": [120, 150], "99 % are shorter": [300, 400]}


def test_run_times_of_jobs_are_counted_by_version():
    start = DAYS[0]
    ended = [start + pd.Timedelta(seconds=one) for one in (10, 20, 30, 99)]
    jobs = answer("jobs", {"job_type": "fit", "job_type_version": "1", "status": ["COMPLETED"] * 3 + ["FAILED"],
                           "started": start, "ended": ended})  # fmt: skip
    figure = jt.plots.run_times(jobs)
    assert figure.table[["name", "version", "n", "p50"]].to_dict("records") == [
        {"name": "fit", "version": "1", "n": 3, "p50": 20.0}
    ]


def test_a_queue_is_empty_where_the_answer_has_no_row():
    axes = jt.plots.backlog(BACKLOG).axes[0]
    drawn = {line.get_label(): [*line.get_ydata()] for line in axes.get_lines()}
    assert drawn == {"press": [7, 0, 0, 0], "fit": [2, 5, 0, 1]}


def test_an_error_lasts_from_its_onset_to_its_end_or_goes_on():
    axes = jt.plots.onsets(ONSETS).axes[0]
    spells = [tuple(part.get_segments()[0][:, 0]) for part in axes.collections]
    ended = pd.Timestamp("2026-10-05", tz="UTC")
    assert spells == [tuple(date2num([DAYS[2], ended])), tuple(date2num([DAYS[0], DAYS[1]]))]
    assert [text.get_text() for text in axes.texts] == ["6", "5, revision 3"]
    assert [to_rgb(part.get_color()[0]) for part in axes.collections] == [
        to_rgb(colours.CATEGORIES[one]) for one in ("DATA", "SYSTEM")
    ]


def test_a_day_of_the_calendar_has_its_place_and_the_darker_the_more_fails():
    """October 1st, 2026 is a Thursday."""
    figure = jt.plots.failing_days(trend())
    squares = {patch.get_gid(): patch for patch in figure.axes[0].patches}
    assert {day: (round(one.get_x() + 0.45), round(one.get_y() + 0.45)) for day, one in squares.items()} == {
        "2026-10-01": (0, 3), "2026-10-02": (0, 4), "2026-10-03": (0, 5), "2026-10-04": (0, 6), "2026-10-05": (1, 0),
    }  # fmt: skip
    light = {day: lightness(to_rgb(one.get_facecolor())) for day, one in squares.items()}
    assert light["2026-10-04"] < light["2026-10-01"] == light["2026-10-02"] < light["2026-10-03"] == pytest.approx(100)
    assert [day for day, one in squares.items() if one.get_hatch()] == ["2026-10-01", "2026-10-05"]


@pytest.mark.parametrize("starts", [DAYS + pd.Timedelta(hours=1), DAYS[0] + pd.to_timedelta([0, 7, 14, 21, 28], "D")])
def test_a_calendar_refuses_hours_and_weeks(starts):
    with pytest.raises(jt.InvalidParameter, match="by hour or week"):
        jt.plots.failing_days(trend(start=starts))


@pytest.mark.parametrize("plot", PLOTS)
def test_a_frame_of_another_question_is_refused_by_name(plot):
    other = answer("waits", {"name": ["fit"]})
    with pytest.raises(
        jt.InvalidParameter, match=rf"plots.{plot}\(frame\) takes the answer of .*, and this is one of waits"
    ):
        getattr(jt.plots, plot)(other)
    with pytest.raises(jt.InvalidParameter, match="has no column"):
        getattr(jt.plots, plot)(pd.DataFrame({"x": [1]}))


@pytest.mark.parametrize("plot", PLOTS)
def test_an_empty_answer_gives_a_figure_that_says_so(plot):
    frame = PLOTS[plot].head(0)
    figure = getattr(jt.plots, plot)(frame)
    (said,) = [text.get_text() for text in figure.axes[0].texts]
    assert said.startswith("no ")
    assert figure.alt.endswith(said)


@pytest.mark.parametrize("plot", PLOTS)
def test_a_plot_has_words_and_numbers_for_those_who_do_not_see_it(plot):
    figure = getattr(jt.plots, plot)(PLOTS[plot].assign(name="<b>fit</b>"))
    page = figure._repr_html_()
    assert 'src="data:image/png;base64,' in page
    assert "<b>fit" not in page, "what stands in a frame is escaped"
    assert len(figure.alt) > 30
    assert len(figure.table) > 0
    assert "http" not in page


def test_plots_leave_nothing_behind_in_matplotlib():
    program = (
        "import sys, jobtype_toolkit as jt\n"
        "assert 'matplotlib' not in sys.modules\n"
        "import matplotlib; before = matplotlib.rcParams.copy()\n"
        "jt.plots.status_bars(__import__('pandas').DataFrame({one: [] for one in ('name', 'version', 'status', 'category', 'count')}))\n"
        "assert matplotlib.rcParams.copy() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    done = run(program)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_matplotlib_a_plot_says_what_to_install(monkeypatch):
    for module in [one for one in sys.modules if one.startswith("jobtype_toolkit.plots.")]:
        monkeypatch.delitem(sys.modules, module)
    for name in jt.plots.__all__:
        monkeypatch.delitem(vars(jt.plots), name, raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    with pytest.raises(jt.ToolkitError, match=r'pip install "jobtype-toolkit\[plots\]"'):
        jt.plots.backlog(BACKLOG)


def linear(colour: tuple[float, ...]) -> np.ndarray:
    channels = np.array(colour)
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """A linear colour in CIELAB, white of daylight."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ light
    x, y, z = (
        one ** (1 / 3) if one > 0.008856 else 7.787 * one + 16 / 116 for one in xyz / np.array([0.9505, 1, 1.089])
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def lightness(colour: tuple[float, ...]) -> float:
    return float(lab(linear(colour))[0])


SEEN = {
    "all": np.eye(3),
    "no red": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "no green": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "no blue": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
"""What is left of a linear colour for people who lack a kind of cone (Machado, Oliveira and Fernandes 2009, severity 1)."""


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("side", ["light", "dark"])
def test_categories_differ_for_all_eyes(eyes, side):
    """20 in CIELAB is ten times what is just noticed."""
    known = [getattr(one, side) for one in [*palette.CATEGORIES.values(), palette.UNKNOWN]]
    seen = [lab(np.clip(SEEN[eyes] @ linear(to_rgb(one)), 0, 1)) for one in known]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 20


def test_categories_differ_in_print_without_colours():
    steps = sorted(lightness(to_rgb(one)) for one in colours.CATEGORIES.values())
    assert steps[2] - steps[1] > 20
