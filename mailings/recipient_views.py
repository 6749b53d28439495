"""The step Recipients: whom the message is for."""

from mailings import steps


def recipients(request, pk):
    return steps.page(request, steps.mailing_or_404(pk), "recipients", {})
