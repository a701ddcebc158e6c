"""An admin hands over at these addresses, and the successor answers there."""

from django.urls import path

from portal.web.handovers import views

organization_urlpatterns = [
    path("handover", views.overview, name="handover"),
    path("handover/<uuid:handover>/answer", views.answer, name="handover_answer"),
    path("handover/<uuid:handover>/complete", views.complete, name="handover_complete"),
]
