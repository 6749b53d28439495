from django.contrib.auth.views import LoginView
from django.shortcuts import render

from .forms import SignInForm


class SignIn(LoginView):
    form_class = SignInForm
    template_name = "sign_in.html"
    redirect_authenticated_user = True


def home(request):
    return render(request, "home.html")
