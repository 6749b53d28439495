from django.contrib.auth.views import LoginView
from django.shortcuts import render

from mailings import steering
from persons.models import Person

from . import dashboard
from .access import ROUTES
from .forms import SignInForm


class SignIn(LoginView):
    form_class = SignInForm
    template_name = "sign_in.html"
    redirect_authenticated_user = True


def home(request):
    """Each part of it only for those who may see what it counts."""
    sees = request.user.has_perm
    context = {"may_import": sees("persons.import_persons")}
    if sees("persons.view_person"):
        context["has_persons"] = Person.objects.kept().exists()
    if context.get("has_persons"):
        context |= {"coverage": dashboard.coverage(), "trend": dashboard.trend()}
    if sees("mailings.view_mailing"):
        context |= {"mailings": dashboard.latest_mailings(), "workers": steering.workers_alive()}
        context["mailings_have_pages"] = "mailings:detail" in ROUTES
    if sees("persons.view_seal"):
        context["ledger"] = dashboard.ledger()
    return render(request, "home.html", context)
