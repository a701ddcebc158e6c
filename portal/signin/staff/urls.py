"""The addresses of staff sign-in, below /staff/ (`portal.staff_urls`)."""

from django.urls import path

from portal.signin.staff import views

urlpatterns = [
    path("", views.home, name="staff_home"),
    path("sign-in/", views.sign_in_page, name="staff_sign_in"),
    path("sign-in/start", views.start, name="staff_start"),
    path("sign-in/callback", views.callback, name="staff_callback"),
    path("sign-out/", views.sign_out, name="staff_sign_out"),
    path("backchannel-logout", views.backchannel_logout, name="staff_backchannel_logout"),
]
