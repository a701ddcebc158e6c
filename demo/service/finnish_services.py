"""The shop and the CRM alone have these texts in Finnish, by their English."""

SHOP = {
    "Overview": "Yleiskuva",
    "Good to see you, {name}": "Hei, {name}",
    "New order": "Uusi tilaus",
    "Orders of your organization": "Organisaatiosi tilaukset",
    "Your orders": "Tilauksesi",
    "Amount": "Summa",
    "Site": "Toimipaikka",
    "By": "Tilaaja",
    "Waits for an approver": "Odottaa hyväksyjää",
    "Placed": "Tilattu",
    "Main address": "Pääosoite",
    "You may not place orders here.": "Et voi tehdä täällä tilauksia.",
    "Open {portal} to see why": "Avaa {portal}, niin näet syyn",
    "In euros, for example 4900 or 4900.50": "Euroina, esimerkiksi 4900 tai 4900,50",
    "Your reference (optional)": "Viitteesi (valinnainen)",
    "Place the order": "Tilaa",
    "Order {number}": "Tilaus {number}",
    "Order {number} waits for an approver.": "Tilaus {number} odottaa hyväksyjää.",
    "Order {number} is placed.": "Tilaus {number} on tehty.",
    "{name} may not order this amount alone.": "{name} ei voi tilata tällä summalla yksin.",
    "{names} can approve it.": "Sen voi hyväksyä {names}.",
    "Time": "Aika",
    "Approved by": "Hyväksyjä",
    "Reference": "Viite",
    "Approve order {number}": "Hyväksy tilaus {number}",
    "Another order": "Uusi tilaus",
    "See the orders of your organization": "Nähdä organisaatiosi tilaukset",
    "Place orders": "Tehdä tilauksia",
    "Approve orders of others": "Hyväksyä muiden tilauksia",
    "See invoices": "Nähdä laskut",
    "The order is not approved.": "Tilausta ei hyväksytty.",
    "Nothing was ordered.": "Mitään ei tilattu.",
    "You may order for {sites} only.": "Voit tilata vain toimipaikalle {sites}.",
    "You may order for one of these sites only: {sites}.": "Voit tilata vain näille toimipaikoille: {sites}.",
    "Choose a site of your organization.": "Valitse organisaatiosi toimipaikka.",
    "Your limit is in {limit}, and this shop sells in {currency}.": (
        "Rajasi valuutta on {limit}, ja tämä kauppa myy valuutassa {currency}."
    ),
    "{amount} is above your limit of {most}.": "{amount} ylittää rajasi {most}.",
    "{amount} on top of {before} is above your limit of {most} per day.": (
        "{amount} jo tilatun {before} lisäksi ylittää päivärajasi {most}."
    ),
    "{amount} on top of {before} is above your limit of {most} per week.": (
        "{amount} jo tilatun {before} lisäksi ylittää viikkorajasi {most}."
    ),
    "{amount} on top of {before} is above your limit of {most} per month.": (
        "{amount} jo tilatun {before} lisäksi ylittää kuukausirajasi {most}."
    ),
    "{amount} on top of {before} is above your limit of {most} per quarter.": (
        "{amount} jo tilatun {before} lisäksi ylittää neljännesvuosirajasi {most}."
    ),
    "{amount} on top of {before} is above your limit of {most} per year.": (
        "{amount} jo tilatun {before} lisäksi ylittää vuosirajasi {most}."
    ),
    "You may not approve orders for this site.": "Et voi hyväksyä tämän toimipaikan tilauksia.",
    "You may not approve your own order.": "Et voi hyväksyä omaa tilaustasi.",
    "{name} may no longer order.": "{name} ei voi enää tilata.",
    "Enter an amount in euros.": "Anna summa euroina.",
    "The amount is too large. Enter a smaller amount.": "Summa on liian suuri. Anna pienempi summa.",
    "Enter the amount in digits, for example 4900 or 4900.50.": (
        "Anna summa numeroina, esimerkiksi 4900 tai 4900,50."
    ),
    "Enter an amount above zero.": "Anna nollaa suurempi summa.",
}
CRM = {
    "My page": "Oma sivu",
    "New ticket": "Uusi palvelupyyntö",
    "Your tickets": "Palvelupyyntösi",
    "Ticket {number} is open. We answer to {email}.": (
        "Palvelupyyntö {number} on avattu. Vastaamme osoitteeseen {email}."
    ),
    "About": "Aihe",
    "What is it about?": "Mitä asia koskee?",
    "What happened?": "Mitä tapahtui?",
    "Send": "Lähetä",
    "See the contacts of your organization": "Nähdä organisaatiosi yhteystiedot",
    "Open tickets": "Avata palvelupyyntöjä",
    "You do not have permission.": "Sinulla ei ole tähän oikeutta.",
    "You cannot see the contacts of your organization here.": "Et voi nähdä täällä organisaatiosi yhteystietoja.",
    "You may not open tickets here.": "Et voi avata täällä palvelupyyntöjä.",
    "You may not open tickets here. Nothing was sent.": "Et voi avata täällä palvelupyyntöjä. Mitään ei lähetetty.",
    "Enter what it is about.": "Kirjoita, mitä asia koskee.",
    "Enter what happened.": "Kirjoita, mitä tapahtui.",
}
