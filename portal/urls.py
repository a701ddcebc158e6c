"""The portal has the addresses of this URL map. One that is not listed here cannot be reached."""

from django.urls import include, path

from portal.operations import views as operations_views

urlpatterns = [
    path("account/", include("portal.signin.customers.urls")),
    path("health/live", operations_views.live, name="health_live"),
    path("health/ready", operations_views.ready, name="health_ready"),
    path("metrics", operations_views.prometheus, name="metrics"),
    path("", include("portal.oidc.urls")),
    path("", include("portal.web.urls")),
]

handler400 = "portal.http.error_pages.bad_request"
handler403 = "portal.http.error_pages.forbidden"
handler404 = "portal.http.error_pages.not_found"
handler429 = "portal.http.error_pages.too_many"
handler500 = "portal.http.error_pages.failed"
