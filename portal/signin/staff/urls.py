"""Staff sign-in has these addresses, below /staff/ (`portal.staff_urls`)."""

from django.urls import path

from portal.signin.staff import break_glass_views, session_views, views

urlpatterns = [
    path("sign-in/", views.sign_in_page, name="staff_sign_in"),
    path("sign-in/start", views.start, name="staff_start"),
    path("sign-in/callback", views.callback, name="staff_callback"),
    path("break-glass/<str:link>", break_glass_views.page, name="staff_break_glass"),
    path("sign-out/", session_views.sign_out, name="staff_sign_out"),
    path("backchannel-logout", session_views.backchannel_logout, name="staff_backchannel_logout"),
]
