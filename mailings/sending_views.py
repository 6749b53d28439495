"""The steps Test and Send."""

from mailings import audience, steps


def test(request, pk):
    return steps.page(request, steps.mailing_or_404(pk), "test", {})


def send(request, pk):
    mailing = steps.mailing_or_404(pk)
    return steps.page(request, mailing, "send", {"numbers": audience.numbers(mailing)})
