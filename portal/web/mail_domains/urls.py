"""An admin sees, adds, checks and withdraws the organization's mail domains at these addresses."""

from django.urls import path

from portal.web.mail_domains import views

organization_urlpatterns = [
    path("domains/", views.domains, name="domains"),
    path("domains/withdraw", views.withdraw, name="domain_withdraw"),
]
