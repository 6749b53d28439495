"""Every setting, and the only reader of the environment (docs/deployment.md lists the variables)."""

import os
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from environs import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# ---- where it runs

TRIAL = env.bool("TRIAL", False)  # ./crm sets it for its embedded database on a loopback address
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY")
SITE_URL = env.str("SITE_URL", "http://localhost:8000")  # the worker builds links without a request
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
IS_HTTPS = SITE_URL.startswith("https://")

# ---- the parts

INSTALLED_APPS = [
    "consent_crm",
    "mailings",
    "persons",
    "purposes",
    "consent_crm.office.OfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "django_htmx",
    "django_prose_editor",  # for its script: the page loads it by its address, so that no import map is needed
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "consent_crm.middleware.ReaderMiddleware",
    "consent_crm.middleware.RefusalMiddleware",
    "consent_crm.access.AccessMiddleware",
    "consent_crm.middleware.NoNulMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]

ROOT_URLCONF = "consent_crm.urls"
WSGI_APPLICATION = "consent_crm.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "consent_crm.navigation.frame",
                "purposes.look.public_pages",
            ],
        },
    },
]
FORM_RENDERER = "consent_crm.forms.Renderer"

# ---- the API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],  # consent_crm.access has decided before
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "consent_crm.api.Paging",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "consent_crm.api.on_error",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Consent CRM",
    "DESCRIPTION": "Who may be written to, and why. Sign in on the pages first: the API takes the same session.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# ---- the database: PostgreSQL and nothing else

DATABASES = {
    "default": env.dj_db_url("DATABASE_URL", engine="django.db.backends.postgresql")
    | {"CONN_HEALTH_CHECKS": True, "OPTIONS": {"pool": {"min_size": 0, "max_size": 8, "timeout": 20}}}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- faults of ours, to standard error: Django's own way is a mail to the administrators

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "without_words": {
            "()": "consent_crm.logs.WithoutWords",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "without_words"}},
    "loggers": {"django.request": {"handlers": ["stderr"], "level": "ERROR"}},
}

# ---- people who sign in

AUTH_USER_MODEL = "consent_crm.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign_in"

# ---- languages and time

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("nb", "Norsk bokmål"),
    ("sv", "Svenska"),
    ("da", "Dansk"),
    ("de", "Deutsch"),
    ("nl", "Nederlands"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "consent_crm.formats"
TIME_ZONE = "Europe/Oslo"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True  # keys and attributes in templates go through stringformat

# ---- files

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(BASE_DIR / "media")))  # evidence: goes out through a view only
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# ---- the browser is told to trust nothing but ourselves

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],  # previews; for each page, because htmx keeps the policy of the first one
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = False
SECURE_SSL_REDIRECT = False  # the proxy's task: it would break the one-click POST (RFC 8058 section 3.1)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [SITE_URL] if IS_HTTPS else []
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # SECURE_SSL_REDIRECT: see there
    "security.W021",  # HSTS preload is the domain owner's decision
]

# ---- mail

_mail = env.dj_email_url("EMAIL_URL", "smtp://localhost:25")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail["EMAIL_HOST"]
EMAIL_PORT = _mail["EMAIL_PORT"]
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _mail["EMAIL_USE_TLS"]
EMAIL_USE_SSL = _mail["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", 10.0)  # seconds; also how long a silent server may hold a claim
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "news@localhost.localdomain")
BOUNCE_DOMAIN = env.str("BOUNCE_DOMAIN", DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">"))
# maildir:///folder or imaps://user:password@host/INBOX; the worker looks into it
BOUNCE_MAILBOX = env.str("BOUNCE_MAILBOX", "")
# whether anybody reads what comes there: by a mailbox, or a pipe of the mail server of that domain
BOUNCES_ARE_READ = bool(BOUNCE_MAILBOX or env.str("BOUNCE_DOMAIN", ""))
# what providers show or sign when they report: ANYMAIL_WEBHOOK_SECRET, ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY, ...
ANYMAIL = {name.removeprefix("ANYMAIL_"): value for name, value in os.environ.items() if name.startswith("ANYMAIL_")}
CAUGHT_MAIL = Path(env.str("CAUGHT_MAIL", str(BASE_DIR / ".crm" / "mail")))  # where the catcher of the trial keeps it

# ---- consent

SUPPRESSION_PEPPER = env.str("SUPPRESSION_PEPPER")  # the key of the hash of suppressed addresses
PROOF_KEY = env.str("PROOF_KEY", "")  # signs proof packs: 32 random bytes in base64 (Ed25519)
SUPPRESSION_JOURNAL = env.str("SUPPRESSION_JOURNAL", "")  # a file outside the database; empty: none is kept

PGHISTORY_DEFAULT_TRACKERS = ()
