"""The language menu sets a person's language in pages, mails and services, and a stranger's in this browser."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from portal.http import languages, safe_redirects
from portal.signin.customers import own_language
from portal.signin.staff import cookies


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Lead back to the page of the choice. An unknown language changes nothing."""
    if request.method != "POST":
        return HttpResponseRedirect("/")
    back = request.POST.get("next", "/")
    response = HttpResponseRedirect(back if safe_redirects.is_own(back) else "/")
    language = request.POST.get("language", "")
    if not languages.first_supported([language]):
        return response
    # On a staff page a customer's session in this browser is another person's.
    is_staff = cookies.is_staff_path(back)
    if not is_staff and request.user.is_authenticated:
        if not own_language.change(request, language):
            return response
        languages.forget_choice(request, response)
    elif not is_staff:
        languages.remember_choice(response, language)
    languages.remember(response, language, seconds=settings.LANGUAGE_COOKIE_AGE)
    return response
