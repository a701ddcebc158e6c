"""The sample services have these texts in Finnish, by their English."""

from demo.service import finnish_services

COMMON = {
    "Web shop": "Verkkokauppa",
    "CRM portal": "CRM-portaali",
    "Skip to the content": "Siirry sisältöön",
    "What you may do here has changed.": "Oikeutesi täällä ovat muuttuneet.",
    "Reload this page": "Lataa sivu uudelleen",
    "What you may do": "Mitä voit tehdä",
    "Tier": "Taso",
    "Organization": "Organisaatio",
    ", customer number {number}": ", asiakasnumero {number}",
    "Right": "Oikeus",
    "Sites": "Toimipaikat",
    "Limit": "Raja",
    "up to {limits}": "enintään {limits}",
    "Nothing yet.": "Ei vielä mitään.",
    "The admins of {organization} decide that at": "Siitä päättävät organisaation {organization} pääkäyttäjät:",
    "First page": "Etusivulle",
    "Go to {portal}": "Siirry palveluun {portal}",
    "Back to {portal}": "Takaisin palveluun {portal}",
    "There is a problem": "Korjaa virhe",
    "There are problems": "Korjaa virheet",
    "People": "Henkilöt",
    "Contacts": "Yhteystiedot",
    "People of {organization}": "Henkilöt: {organization}",
    "Contacts of {organization}": "Yhteystiedot: {organization}",
    "Received from {portal}. Changes usually arrive within seconds.": (
        "Tiedot tulevat palvelusta {portal}. Muutokset näkyvät yleensä muutamassa sekunnissa."
    ),
    "Name or e-mail": "Nimi tai sähköposti",
    "Search": "Hae",
    "{number} person": "{number} henkilö",
    "{number} people": "{number} henkilöä",
    "Name": "Nimi",
    "State": "Tila",
    "active": "voimassa",
    "inactive": "ei voimassa",
    "Pages": "Sivut",
    "Earlier": "Edelliset",
    "Next": "Seuraavat",
    "You are signed out": "Olet kirjautunut ulos",
    "You are signed out.": "Olet kirjautunut ulos.",
    "Nothing was ordered, sent or changed.": "Mitään ei tilattu, lähetetty eikä muutettu.",
    "What was placed or sent before stays as it is.": "Aiemmin tilattu ja lähetetty pysyy ennallaan.",
    "Sign in again": "Kirjaudu uudelleen",
    "Not sent": "Ei lähetetty",
    "This page has expired.": "Sivu on vanhentunut.",
    "Go back to the first page and try again.": "Palaa etusivulle ja yritä uudelleen.",
    "Updates are paused.": "Päivitykset on keskeytetty.",
    "{service} refuses every update from {portal}, also sign-outs, until you resume them or the demo restarts.": (
        "{service} hylkää kaikki päivitykset palvelusta {portal}, myös uloskirjautumiset, kunnes jatkat "
        "päivityksiä tai demo käynnistyy uudelleen."
    ),
    "Resume updates": "Jatka päivityksiä",
    "In this demo, you can pause {service}, as if it had failed: it then refuses every update from {portal}.": (
        "Tässä demossa voit keskeyttää päivitykset kuin palvelu olisi vikatilassa: {service} hylkää silloin kaikki "
        "päivitykset palvelusta {portal}."
    ),
    "Pause updates": "Keskeytä päivitykset",
    "Your access is being updated": "Oikeuksiasi päivitetään",
    "Your access is being updated.": "Oikeuksiasi päivitetään.",
    "{portal} signed you in for {organization}, but has not yet sent your access to this service.": (
        "{portal} kirjasi sinut sisään organisaation {organization} puolesta, mutta ei ole vielä lähettänyt "
        "oikeuksiasi tähän palveluun."
    ),
    "That usually takes seconds. This page reloads by itself.": (
        "Se kestää yleensä muutaman sekunnin. Sivu latautuu itsestään."
    ),
    "Sign in": "Kirjaudu",
    "Welcome to the Web shop": "Tervetuloa verkkokauppaan",
    "Welcome to the CRM portal": "Tervetuloa CRM-portaaliin",
    "You sign in with {portal}; this service has no passwords of its own.": (
        "Kirjaudu palvelulla {portal}; tällä palvelulla ei ole omia salasanoja."
    ),
    "Sign in with {portal}": "Kirjaudu palvelulla {portal}",
    "for {organization}": "({organization})",
    "Sign out": "Kirjaudu ulos",
    "You signed out here at {time} UTC.": "Kirjauduit täältä ulos klo {time} UTC.",
    "{portal} ended this sign-in at {time} UTC.": "{portal} päätti tämän kirjautumisen klo {time} UTC.",
    "Your access for {organization} has ended, according to {portal}; noticed at {time} UTC.": (
        "Pääsysi organisaation {organization} puolesta on päättynyt. Tieto tuli palvelusta {portal} ja huomattiin "
        "klo {time} UTC."
    ),
    "A sign-in lasts eight hours here.": "Kirjautuminen on täällä voimassa kahdeksan tuntia.",
    "Your sign-in to this service has ended. That did not sign you out of {portal} or of other services.": (
        "Kirjautumisesi tähän palveluun päättyi. Se ei kirjannut sinua ulos palvelusta {portal} eikä muista "
        "palveluista."
    ),
    "Open {portal} to see whether you are still signed in there.": (
        "Avaa {portal}, niin näet, oletko vielä kirjautuneena siellä."
    ),
    "Sign out of {portal} too…": "Kirjaudu ulos myös palvelusta {portal}…",
    "The request could not be read.": "Pyyntöä ei voitu lukea.",
    "Page not found.": "Sivua ei löytynyt.",
    "This page does not accept this kind of request.": "Sivu ei ota vastaan tällaista pyyntöä.",
    "The request is too large.": "Pyyntö on liian suuri.",
    "Something went wrong. Nothing was changed.": "Jokin meni vikaan. Mitään ei muutettu.",
    "There is a problem.": "Tapahtui virhe.",
    "You are not signed in.": "Et ole kirjautunut.",
    "{portal} does not answer now. Try again in a minute.": (
        "{portal} ei vastaa juuri nyt. Yritä uudelleen minuutin kuluttua."
    ),
    "{portal} says: {reason}": "{portal} ilmoittaa: {reason}",
    "This sign-in did not begin in this browser, or too long ago. Begin again.": (
        "Tämä kirjautuminen ei alkanut tässä selaimessa, tai siitä on liian kauan. Aloita alusta."
    ),
    "This sign-in was ended while it was under way. Begin again.": (
        "Kirjautuminen päätettiin kesken. Aloita alusta."
    ),
    "The answer came from a party that was not asked. Begin again.": (
        "Vastaus tuli muualta kuin kysyttiin. Aloita alusta."
    ),
    "The answer could not be trusted. Sign-in failed.": "Vastaukseen ei voitu luottaa. Kirjautuminen epäonnistui.",
    "The answer names no organization. Sign-in failed.": (
        "Vastauksessa ei ole organisaatiota. Kirjautuminen epäonnistui."
    ),
    "This sign-in was requested by a party that we do not know. Nothing happened.": (
        "Kirjautumista pyysi taho, jota emme tunne. Mitään ei tapahtunut."
    ),
    "This sign-in would lead to a page that is not ours. Nothing happened.": (
        "Kirjautuminen johtaisi muualle kuin tähän palveluun. Mitään ei tapahtunut."
    ),
    "This is longer than {number} characters.": "Enintään {number} merkkiä.",
    "This contains characters that are not allowed.": "Tekstissä on merkkejä, jotka eivät ole sallittuja.",
    "all sites": "kaikki toimipaikat",
    "{amount} per order": "{amount} tilausta kohti",
    "{amount} per day": "{amount} päivässä",
    "{amount} per week": "{amount} viikossa",
    "{amount} per month": "{amount} kuukaudessa",
    "{amount} per quarter": "{amount} neljännesvuodessa",
    "{amount} per year": "{amount} vuodessa",
    " for {site}": " ({site})",
    "viewer": "katselija",
    "orderer": "tilaaja",
    "approver": "hyväksyjä",
    "site admin": "toimipaikan pääkäyttäjä",
    "user admin": "käyttäjien pääkäyttäjä",
    "admin": "pääkäyttäjä",
    "security admin": "tietoturvan pääkäyttäjä",
    "Time (UTC)": "Aika (UTC)",
    "Number": "Numero",
    "None yet.": "Ei vielä yhtään.",
    "Error: ": "Virhe: ",
}
TEXTS = {**COMMON, **finnish_services.SHOP, **finnish_services.CRM}
