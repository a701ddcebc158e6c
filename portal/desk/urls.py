"""The desk has these addresses, below /staff/ (`portal.staff_urls`)."""

from django.urls import path

from portal.desk.absence_claims import views as absence_claims
from portal.desk.activity import views as activity
from portal.desk.applications import client_views as clients
from portal.desk.applications import exchanges_page as exchanges
from portal.desk.applications import system_views as systems
from portal.desk.applications import views as applications
from portal.desk.audit import views as audit
from portal.desk.catalogue import views as catalogue
from portal.desk.ceilings import views as ceilings
from portal.desk.duties import views as duties
from portal.desk.factor_recoveries import views as factor_recoveries
from portal.desk.holds import views as holds
from portal.desk.home import views as home
from portal.desk.invitations import views as invitations
from portal.desk.keys import views as keys
from portal.desk.looking_along import views as looking_along
from portal.desk.onboarding import file_views as onboarding_file
from portal.desk.onboarding import views as onboarding
from portal.desk.organizations import views as organizations
from portal.desk.orphan_cases import decision_views as case_requests
from portal.desk.orphan_cases import proof_views as case_proofs
from portal.desk.orphan_cases import step_views as case_steps
from portal.desk.orphan_cases import views as orphan_cases
from portal.desk.people import views as people
from portal.desk.programs import views as programs
from portal.desk.records import views as records
from portal.desk.reviews import views as reviews
from portal.desk.sites import views as sites
from portal.desk.staff import views as staff
from portal.desk.suspensions import views as suspensions
from portal.desk.takeover_reports import views as takeover_reports

urlpatterns = [
    path("", home.desk, name="staff_home"),
    path("applications/", applications.listing, name="staff_applications"),
    path("applications/register", clients.register, name="staff_application_register"),
    path("applications/<slug:application>/clients/add", clients.add, name="staff_client_add"),
    path("applications/<slug:application>/clients/<str:client>/", clients.change, name="staff_client"),
    path(
        "applications/<slug:application>/clients/<str:client>/secret",
        clients.secret,
        name="staff_client_secret",
    ),
    path("applications/<slug:application>/", applications.detail, name="staff_application"),
    path("applications/<slug:application>/exchanges", exchanges.listing, name="staff_application_exchanges"),
    path("applications/<slug:application>/pause", applications.pause, name="staff_application_pause"),
    path("applications/<slug:application>/preview", systems.preview, name="staff_application_preview"),
    path("applications/<slug:application>/system", systems.system, name="staff_application_system"),
    path("applications/<slug:application>/sync", applications.sync, name="staff_application_sync"),
    path("audit/", audit.question, name="staff_audit"),
    path("audit/<slug:organization>/", audit.answer, name="staff_audit_answer"),
    path("audit/<slug:organization>/changes", audit.changes, name="staff_audit_changes"),
    path("audit/<slug:organization>/dormant", audit.customer_dormant, name="staff_customer_dormant"),
    path("audit/<slug:organization>/export", audit.download, name="staff_audit_export"),
    path("audit/<slug:organization>/people/<uuid:membership>/", audit.rights, name="staff_audit_rights"),
    path("events/", audit.events, name="staff_events"),
    path("events/saved", audit.saved, name="staff_searches"),
    path("events/charts", audit.charts, name="staff_events_charts"),
    path("events/dormant", audit.dormant, name="staff_dormant"),
    path("cases/", orphan_cases.listing, name="staff_cases"),
    path("cases/requests/", case_requests.listing, name="staff_case_requests"),
    path("cases/requests/<uuid:asked>/", case_requests.detail, name="staff_case_request"),
    path("catalogue/", catalogue.listing, name="staff_catalogue"),
    path("catalogue/check", catalogue.check, name="staff_catalogue_check"),
    path("catalogue/proposals/<uuid:proposal>/", catalogue.proposal, name="staff_catalogue_proposal"),
    path("events/export", audit.events_download, name="staff_events_export"),
    path("events/exports", audit.exports, name="staff_exports"),
    path("events/exports/<uuid:export>", audit.export_file, name="staff_export_file"),
    path("keys/", keys.listing, name="staff_keys"),
    path("keys/<slug:purpose>/", keys.rotation, name="staff_key_rotation"),
    path("look/", looking_along.listing, name="staff_looks"),
    path("look/<uuid:look>/", looking_along.follow, name="staff_look"),
    path("look/<uuid:look>/stop", looking_along.stop, name="staff_look_stop"),
    path("look/<uuid:look>/prepare/<slug:kind>", looking_along.prepare, name="staff_look_prepare"),
    path(
        "look/<uuid:look>/prepare/<slug:kind>/<uuid:membership>",
        looking_along.prepare,
        name="staff_look_prepare_member",
    ),
    path("organizations/", organizations.listing, name="staff_organizations"),
    path("organizations/onboard/", onboarding.onboard, name="staff_onboard"),
    path("organizations/onboard-file/", onboarding_file.onboard_file, name="staff_onboard_file"),
    path("organizations/<slug:organization>/", organizations.detail, name="staff_organization"),
    path("organizations/<slug:organization>/activity", activity.listing, name="staff_activity"),
    path("organizations/<slug:organization>/cases/open", orphan_cases.open_case, name="staff_case_open"),
    path("organizations/<slug:organization>/cases/<uuid:case>/", orphan_cases.detail, name="staff_case"),
    path(
        "organizations/<slug:organization>/cases/<uuid:case>/proof", case_proofs.add, name="staff_case_proof"
    ),
    path(
        "organizations/<slug:organization>/cases/<uuid:case>/files/<uuid:proof>",
        case_proofs.download,
        name="staff_case_file",
    ),
    path(
        "organizations/<slug:organization>/cases/<uuid:case>/<slug:step>",
        case_steps.step,
        name="staff_case_step",
    ),
    path("organizations/<slug:organization>/claims/<uuid:claim>/", absence_claims.detail, name="staff_claim"),
    path("organizations/<slug:organization>/ceiling/", ceilings.listing, name="staff_ceiling"),
    path("organizations/<slug:organization>/ceiling/change", ceilings.change, name="staff_ceiling_change"),
    path("organizations/<slug:organization>/contacts/", records.contacts, name="staff_contacts"),
    path("organizations/<slug:organization>/contacts/add", records.add_contact, name="staff_contact_add"),
    path("organizations/<slug:organization>/contacts/<uuid:contact>/", records.contact, name="staff_contact"),
    path("organizations/<slug:organization>/domains/", records.domains, name="staff_domains"),
    path("organizations/<slug:organization>/holds/", holds.listing, name="staff_holds"),
    path("organizations/<slug:organization>/holds/place", holds.place, name="staff_hold_place"),
    path("organizations/<slug:organization>/holds/<uuid:hold>/lift", holds.lift, name="staff_hold_lift"),
    path("organizations/<slug:organization>/invitations/", invitations.listing, name="staff_invitations"),
    path("organizations/<slug:organization>/onboarded/", onboarding.onboarded, name="staff_onboarded"),
    path("organizations/<slug:organization>/people/", people.listing, name="staff_people"),
    path("organizations/<slug:organization>/people/<uuid:membership>/", people.person, name="staff_person"),
    path(
        "organizations/<slug:organization>/people/<uuid:membership>/look",
        looking_along.begin,
        name="staff_look_begin",
    ),
    path(
        "organizations/<slug:organization>/people/<uuid:membership>/recovery",
        factor_recoveries.open_request,
        name="staff_recovery_open",
    ),
    path(
        "organizations/<slug:organization>/recoveries/<uuid:recovery>/",
        factor_recoveries.detail,
        name="staff_recovery",
    ),
    path("organizations/<slug:organization>/resume", suspensions.resume, name="staff_resume"),
    path("organizations/<slug:organization>/duties/", duties.report, name="staff_duties"),
    path(
        "organizations/<slug:organization>/duties/<uuid:exception>/",
        duties.exception,
        name="staff_duty_exception",
    ),
    path("organizations/<slug:organization>/reviews/", reviews.overview, name="staff_reviews"),
    path("organizations/<slug:organization>/reviews/start", reviews.start, name="staff_review_start"),
    path("organizations/<slug:organization>/reviews/<uuid:review>/", reviews.detail, name="staff_review"),
    path(
        "organizations/<slug:organization>/reviews/<uuid:review>/export",
        reviews.export,
        name="staff_review_export",
    ),
    path(
        "organizations/<slug:organization>/reviews/<uuid:review>/stop", reviews.stop, name="staff_review_stop"
    ),
    path("organizations/<slug:organization>/sites/", sites.listing, name="staff_sites"),
    path("organizations/<slug:organization>/suspend", suspensions.suspend, name="staff_suspend"),
    path(
        "organizations/<slug:organization>/takeovers/<uuid:report>/",
        takeover_reports.detail,
        name="staff_takeover",
    ),
    path("programs/", programs.listing, name="staff_programs"),
    path("programs/create", programs.create, name="staff_program_create"),
    path("programs/<uuid:program>/end", programs.end, name="staff_program_end"),
    path("programs/<uuid:program>/secret", programs.secret, name="staff_program_secret"),
    path("rights/", staff.listing, name="staff_rights"),
    path("rights/give", staff.give, name="staff_right_give"),
    path("rights/<uuid:right>/end", staff.end, name="staff_right_end"),
]
