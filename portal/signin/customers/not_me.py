"""A person who did not change the own sign-in blocks it, from the link of the mail about the change."""

from http import HTTPStatus

from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from delegation.authorization.errors import AlreadyExists
from delegation.takeover_reports import commands, queries
from portal.http import request_context
from portal.http.request_context import Request
from portal.signin.customers import emails, not_me_links, secret_attempts
from portal.signin.customers.not_me_links import NotMeLink


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: Request, token: str) -> HttpResponseBase:
    """GET says what the button does, or when it was done; POST blocks the sign-in once. Requests are limited."""
    return secret_attempts.run(request, lambda: _page(request, token))


def _page(request: Request, token: str) -> HttpResponse:
    link = not_me_links.read_link(token)
    if link is None:
        return render(request, "account/not_me_no_link.html", status=HTTPStatus.NOT_FOUND)
    reported_at = queries.reported_at(person=link.user.pk, changed_at=link.changed_at)
    if request.method == "POST" and reported_at is None:
        _block(request, link)
    if request.method == "POST":
        return HttpResponseRedirect(request.path)
    page = {
        "changed": emails.local_moment(link.user, link.changed_at),
        "reported": emails.local_moment(link.user, reported_at) if reported_at else "",
    }
    return render(request, "account/not_me.html", page)


def _block(request: Request, link: NotMeLink) -> None:
    """Block the sign-in as an act of the person that the link names, and sign this browser out."""
    actor = request_context.person(request, user=link.user.pk, name=link.user.name)
    try:
        done = commands.report(actor=actor, person=link.user, changed_at=link.changed_at)
    except AlreadyExists:  # used in another browser at the same moment
        return
    emails.queue_blocked(user=link.user, at=done.at, removed_factors=done.result.removed_factors)
    if request.user.pk == link.user.pk:
        auth.logout(request)
