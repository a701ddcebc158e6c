"""Every address of the portal. What is not named here cannot be reached."""

from django.urls import include, path

from portal.web import health

urlpatterns = [
    path("account/", include("portal.accounts.urls")),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("metrics", health.measured, name="metrics"),
    path("", include("portal.oidc.urls")),
    path("", include("portal.web.urls")),
]

handler400 = "portal.web.errors.bad_request"
handler403 = "portal.web.errors.forbidden"
handler404 = "portal.web.errors.not_found"
handler429 = "portal.web.errors.too_many"
handler500 = "portal.web.errors.failed"
