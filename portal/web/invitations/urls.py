"""Invitations are sent and managed inside an organization, and accepted by the token in the mail."""

from django.urls import path

from portal.web.invitations import accept, pending, send

urlpatterns = [
    path("invitations/<str:token>", accept.accept, name="invitation_accept"),
    path("invitations/<str:token>/sign-out", accept.sign_out, name="invitation_sign_out"),
]

organization_urlpatterns = [
    path("people/invite", send.invite, name="invite"),
    path("people/invitations", pending.resend, name="invitations"),
    path("people/invitations/<uuid:invitation>/cancel", pending.cancel, name="invitation_cancel"),
]
