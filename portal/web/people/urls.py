"""Colleagues have these addresses: the list and its file, one person, removal and receipt, last day, suspension."""

from django.urls import path

from portal.web.people import detail, export, last_day, removal, second_admin, sign_out, suspend
from portal.web.people import list as people_list

organization_urlpatterns = [
    path("people", people_list.listing, name="people"),
    path("people.csv", export.download, name="people_csv"),
    path("people/remove", removal.remove, name="people_remove"),
    path("people/last-day", last_day.last_day, name="people_last_day"),
    path("people/second-admin", second_admin.choose, name="second_admin"),
    path("people/select", people_list.select, name="people_select"),
    path("people/<uuid:membership>", detail.person, name="person"),
    path("people/<uuid:membership>/resync", detail.resync, name="person_resync"),
    path("people/<uuid:membership>/sign-out", sign_out.sign_out, name="person_sign_out"),
    path("people/<uuid:membership>/remove", removal.remove, name="person_remove"),
    path("people/<uuid:membership>/last-day", last_day.last_day, name="person_last_day"),
    path("people/<uuid:membership>/last-day/cancel", last_day.cancel, name="person_last_day_cancel"),
    path("people/<uuid:membership>/suspend", suspend.suspend, name="person_suspend"),
    path("people/<uuid:membership>/resume", suspend.resume, name="person_resume"),
    path("acts/<uuid:act>", removal.progress, name="removal"),
    path("acts/<uuid:act>/receipt.json", removal.download, name="removal_receipt"),
    path("acts/<uuid:act>/receipt.pdf", removal.download_pdf, name="removal_receipt_pdf"),
    path("acts/<uuid:act>/resync", removal.resync, name="removal_resync"),
]
