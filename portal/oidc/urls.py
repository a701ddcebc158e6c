"""The provider's addresses.

Those of the short path are answered before any URL is resolved; here they stand for whoever walks the URL map.
"""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from portal.oidc import authorize, endpoints, shortpath

urlpatterns: list[URLPattern] = [
    path(endpoints.AUTHORIZE[1:], authorize.authorize, name="oidc_authorize"),
    path(endpoints.CONSENT[1:], authorize.consent, name="oidc_consent"),
    *[
        path(
            address[1:],
            csrf_exempt(login_not_required(shortpath.serve)),
            name=f"oidc{address.replace('/', '_')}",
        )
        for address in shortpath.ROUTES
    ],
]
