import pytest
from django.core.exceptions import ValidationError

from purposes.colours import contrast, readable_on_dark, readable_on_light, text_on


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#0000FF", "#ffffff", 8.59),
        ("#abc123", "#abc123", 1),
    ],
)
def test_the_contrast_is_the_one_of_wcag(one, other, ratio):
    assert round(contrast(one, other), 2) == round(contrast(other, one), 2) == ratio


def test_a_colour_that_cannot_be_read_is_refused_with_its_contrast():
    with pytest.raises(ValidationError, match=r"is 3\.\d : 1, and it takes at least 4.5 : 1. Choose a darker one."):
        readable_on_light("#888888")
    with pytest.raises(ValidationError, match=r"Choose a lighter one."):
        readable_on_dark("#0b6a5b")
    readable_on_light("#0b6a5b")
    readable_on_dark("#64ceb9")


@pytest.mark.parametrize("written", ["red", "#fff", "#0b6a5b;} body{", "#0b6a5b\n", ""])
def test_what_is_no_colour_is_refused(written):
    with pytest.raises(ValidationError, match="six digits"):
        readable_on_light(written)


@pytest.mark.parametrize("number", range(0, 256, 5))
def test_black_or_white_can_be_read_on_every_grey(number):
    grey = f"#{number:02x}{number:02x}{number:02x}"

    assert contrast(text_on(grey), grey) >= 4.5
