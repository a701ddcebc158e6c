"""The desk has these addresses, below /staff/ (`portal.staff_urls`)."""

from django.urls import path

from portal.desk.organizations import views as organizations

urlpatterns = [
    path("organizations/", organizations.listing, name="staff_organizations"),
    path("organizations/<slug:organization>/", organizations.detail, name="staff_organization"),
]
