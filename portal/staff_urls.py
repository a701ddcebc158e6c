"""Addresses below /staff/ exist once staff sign-in is configured (`portal.signin.staff.middleware`).

The other patterns are here so that pages can name their addresses; none of them begins with `staff/`.
"""

from django.urls import include, path

from portal import urls

urlpatterns = [
    path("staff/", include("portal.signin.staff.urls")),
    path("staff/", include("portal.desk.urls")),
    *urls.urlpatterns,
]

handler400, handler403, handler404 = urls.handler400, urls.handler403, urls.handler404
handler429, handler500 = urls.handler429, urls.handler500
