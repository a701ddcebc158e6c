"""The provider has these addresses.

The fast path answers before any URL is resolved; its addresses are listed here for code that walks the URL map.
"""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from portal.oidc import device_pages, fast_path, logout, metadata
from portal.oidc.authorize import views as authorize_views

urlpatterns: list[URLPattern] = [
    path(metadata.AUTHORIZE[1:], authorize_views.authorize, name="oidc_authorize"),
    path(metadata.CONSENT[1:], authorize_views.consent, name="oidc_consent"),
    path(metadata.DEVICE[1:], device_pages.enter, name="oidc_device"),
    path(f"{metadata.DEVICE[1:]}/answer", device_pages.answer, name="oidc_device_answer"),
    path(metadata.LOGOUT[1:], logout.logout, name="oidc_logout"),
    path(metadata.LOGOUT_CONFIRM[1:], logout.confirm, name="oidc_logout_confirm"),
    *[
        path(
            address[1:],
            csrf_exempt(login_not_required(fast_path.serve)),
            name=f"oidc{address.replace('/', '_')}",
        )
        for address in fast_path.ROUTES
    ],
]
