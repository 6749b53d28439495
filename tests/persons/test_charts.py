"""The geometry of bars and lines."""

import pytest

from persons import charts
from persons.charts import Part


def test_the_parts_of_a_bar_lie_one_behind_the_other():
    parts = charts.bar([Part("on", "ON", 3), Part("stop", "Said no", 0), Part("never", "Never asked", 1)])

    assert [(part.start, part.width) for part in parts] == [("0.00", "75.00"), ("75.00", "0.00"), ("75.00", "25.00")]


def test_a_bar_of_nothing_is_empty():
    assert [part.width for part in charts.bar([Part("on", "ON", 0), Part("stop", "Said no", 0)])] == ["0.00", "0.00"]


def test_a_line_goes_through_the_middle_of_each_place():
    chart = charts.line(["May", "June"], {("on", "Given"): [0, 50], ("stop", "Withdrawn"): [100, 25]})

    assert [one.points for one in chart.series] == ["25.00,100.00 75.00,50.00", "25.00,0.00 75.00,75.00"]
    assert chart.ticks == (100, 50, 0)
    assert list(chart.rows) == [("May", (0, 100)), ("June", (50, 25))]


@pytest.mark.parametrize(
    ("number", "top"),
    [(0, 2), (1, 2), (2, 2), (3, 10), (11, 20), (21, 50), (51, 100), (101, 200), (201, 250), (9999, 10000)],
)
def test_the_top_of_an_axis_is_easy_to_read(number, top):
    assert charts.round_above(number) == top
