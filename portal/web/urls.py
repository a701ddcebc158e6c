"""The portal's own pages."""

from django.urls import include, path

from portal.web import activity, home, invitation, invite, language, me, people, person, remove, waiting

inside = [
    path("", home.start, name="home"),
    path("open/<slug:application>", home.open_service, name="open"),
    path("people", people.listing, name="people"),
    path("people/invitations", waiting.resend, name="invitations"),
    path("people/invitations/<uuid:invitation>/cancel", waiting.cancel, name="invitation_cancel"),
    path("people/invite", invite.invite, name="invite"),
    path("people/remove", remove.several, name="people_remove"),
    path("people/select", people.select, name="people_select"),
    path("people/<uuid:membership>", person.person, name="person"),
    path("people/<uuid:membership>/access", person.change, name="person_access"),
    path("people/<uuid:membership>/put-right", person.put_right, name="person_put_right"),
    path("people/<uuid:membership>/remove", remove.one, name="person_remove"),
    path("people/<uuid:membership>/restore", person.restore, name="person_restore"),
    path("acts/<uuid:act>", remove.progress, name="removal"),
    path("activity", activity.listing, name="activity"),
    path("me", me.access, name="my_access"),
    path("me/sessions", me.sessions, name="my_sessions"),
]

urlpatterns = [
    path("", home.root, name="root"),
    path("language", language.choose, name="language"),
    path("join/<str:link>", invitation.join, name="join"),
    path("join/<str:link>/sign-out", invitation.sign_out, name="join_sign_out"),
    path("o/<slug:organization>/", include(inside)),
]
