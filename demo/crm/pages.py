import secrets
from typing import cast

import flask

from demo.crm import tickets
from demo.service import current_visit, forms, parts, people_page

REFUSED = 422
FORBIDDEN = 403
KEY = "demo.tickets"
CONTACTS = "crm:contacts.see"
TICKETS = "crm:tickets.create"
NAMES = {CONTACTS: "See the contacts of your organization", TICKETS: "Open tickets"}

blueprint = flask.Blueprint("pages", __name__)


@blueprint.record_once
def open_tickets(state: flask.blueprints.BlueprintSetupState) -> None:
    built = state.app.extensions[parts.KEY]
    state.app.extensions[KEY] = tickets.Tickets(built.settings.store / "tickets.jsonl")


def ticket_list() -> tickets.Tickets:
    return cast("tickets.Tickets", flask.current_app.extensions[KEY])


@blueprint.get("/")
@current_visit.needed
def home(visit: current_visit.Visit) -> current_visit.Answer:
    own = ticket_list().by_person(visit.organization.id, visit.person.sub)
    return flask.render_template(
        "home.html",
        visit=visit,
        may=people_page.may(visit.rights, NAMES),
        tickets=own,
        opened=flask.request.args,
    )


@blueprint.get("/contacts")
@current_visit.needed
def contacts(visit: current_visit.Visit) -> current_visit.Answer:
    if not visit.rights.may(CONTACTS):
        return may_not(visit, "You cannot see the contacts of your organization here.")
    return flask.render_template("people.html", visit=visit, page=people_page.page(visit, flask.request.args))


@blueprint.get("/tickets/new")
@current_visit.needed
def ticket(visit: current_visit.Visit) -> current_visit.Answer:
    if not visit.rights.may(TICKETS):
        return may_not(visit, "You may not open tickets here.")
    return form(visit, typed={"once": secrets.token_urlsafe(16)}, errors={})


@blueprint.post("/tickets/new")
@current_visit.needed
def open_ticket(visit: current_visit.Visit) -> current_visit.Answer:
    if not visit.rights.may(TICKETS):
        return may_not(visit, "You may not open tickets here. Nothing was sent.")
    typed = flask.request.form.to_dict()
    errors = wrong(typed)
    if errors:
        return form(visit, typed=typed, errors=errors), REFUSED
    opened = ticket_list().open(
        organization=visit.organization.id,
        sub=visit.person.sub,
        by=visit.person.name,
        subject=typed["subject"],
        text=typed["text"],
        once=f"{visit.session.id}:{typed['once']}" if typed.get("once") else "",
    )
    return flask.redirect(flask.url_for("pages.home", ticket=opened.number))


def wrong(typed: dict[str, str]) -> dict[str, str]:
    sentences = {
        "subject": forms.missing(typed.get("subject", ""), sentence="Enter what it is about."),
        "text": forms.missing(
            typed.get("text", ""), sentence="Enter what happened.", longest=forms.LONGEST_TEXT, lines=True
        ),
        "once": forms.unreadable(typed.get("once", "")),
    }
    return {field: sentence for field, sentence in sentences.items() if sentence}


def form(visit: current_visit.Visit, *, typed: dict[str, str], errors: dict[str, str]) -> str:
    return flask.render_template("ticket.html", visit=visit, typed=typed, errors=errors)


def may_not(visit: current_visit.Visit, sentence: str) -> current_visit.Answer:
    title = "You do not have permission."
    return flask.render_template("message.html", visit=visit, title=title, sentence=sentence), FORBIDDEN
