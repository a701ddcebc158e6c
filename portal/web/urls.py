"""The portal's own pages."""

from django.urls import include, path

from portal.web import language
from portal.web.activity import views as activity_views
from portal.web.home import views as home_views
from portal.web.invitations import accept as invitations_accept
from portal.web.invitations import pending
from portal.web.invitations import send as invitations_send
from portal.web.my import views as my_views
from portal.web.people import detail as people_detail
from portal.web.people import list as people_list
from portal.web.people import removal as people_removal

inside = [
    path("", home_views.start, name="home"),
    path("open/<slug:application>", home_views.open_service, name="open"),
    path("people", people_list.listing, name="people"),
    path("people/invitations", pending.resend, name="invitations"),
    path("people/invitations/<uuid:invitation>/cancel", pending.cancel, name="invitation_cancel"),
    path("people/invite", invitations_send.invite, name="invite"),
    path("people/remove", people_removal.several, name="people_remove"),
    path("people/select", people_list.select, name="people_select"),
    path("people/<uuid:membership>", people_detail.person, name="person"),
    path("people/<uuid:membership>/access", people_detail.change, name="person_access"),
    path("people/<uuid:membership>/resync", people_detail.resync, name="person_resync"),
    path("people/<uuid:membership>/remove", people_removal.one, name="person_remove"),
    path("people/<uuid:membership>/restore", people_detail.restore, name="person_restore"),
    path("acts/<uuid:act>", people_removal.progress, name="removal"),
    path("activity", activity_views.listing, name="activity"),
    path("me", my_views.access, name="my_access"),
    path("me/sessions", my_views.sessions, name="my_sessions"),
]

urlpatterns = [
    path("", home_views.root, name="root"),
    path("language", language.choose, name="language"),
    path("join/<str:link>", invitations_accept.join, name="join"),
    path("join/<str:link>/sign-out", invitations_accept.sign_out, name="join_sign_out"),
    path("o/<slug:organization>/", include(inside)),
]
