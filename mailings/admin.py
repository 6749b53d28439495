"""The superusers' back office. What became of each message can be looked at here and nothing else."""

from django.contrib import admin

from mailings.models import HostedImage, Mailing, MailingTemplate, Pace, Recipient, Report, SendingSettings, TrackedLink
from persons.admin import ReadOnlyAdmin
from purposes.admin import OneRowAdmin

admin.site.register(SendingSettings, OneRowAdmin)
admin.site.register([Mailing, MailingTemplate, HostedImage, Pace, Recipient, Report, TrackedLink], ReadOnlyAdmin)
