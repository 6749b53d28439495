"""The names of columns: which header means which of our fields, in six languages and in any spelling.

As in `labels`, case, spaces, punctuation and accents do not count. A header means one field or none.
"""

import re

from persons.importing.labels import by_spelling, fold

PERSON = {
    "first_name": "First name, Given name, Forename, FNAME, Fornavn, Förnamn, Vorname, Voornaam, Roepnaam",
    "last_name": """Last name, Surname, Family name, LNAME, Etternavn, Efternamn, Efternavn, Nachname,
        Familienname, Zuname, Achternaam, Familienaam""",
    "name": """Name, Full name, Contact name, Person, Contact, Navn, Fullt navn, Fulle navn, Namn,
        Fullständigt namn, Hele navn, Fulde navn, Kontaktperson, Kontakt, Ganzer Name, Vollständiger Name,
        Naam, Volledige naam, Contactpersoon""",
    "email": """Email, E-mail address, Mail, Mail address, E-post, E-postadresse, E-postadress,
        E-mailadresse, Mailadresse, Mailadress, E-mailadres, Mailadres""",
    "company": """Company, Company name, Organisation, Organization, Organisation name, Organization name,
        Employer, Associated company, Account name, Firma, Firmanavn, Bedrift, Bedriftsnavn, Selskap,
        Organisasjon, Företag, Företagsnamn, Virksomhed, Firmaname, Unternehmen, Unternehmensname, Bedrijf,
        Bedrijfsnaam, Organisatie""",
    "title": """Title, Job title, Position, Role, Tittel, Stilling, Stillingstittel, Jobbtittel, Rolle,
        Titel, Befattning, Jobbtitel, Stillingsbetegnelse, Jobtitel, Funktion, Berufsbezeichnung, Functie,
        Functietitel""",
    "phone": """Phone, Phone number, Telephone, Telephone number, Tel, Tlf, Direct phone, Work phone,
        Telefon, Telefonnummer, Telefonnr, Telefonnumer, Direktetelefon, Telefoon, Telefoonnummer""",
    "mobile": """Mobile, Mobile phone, Mobile phone number, Mobile number, Cell, Cell phone, Mobil,
        Mobilnummer, Mobiltelefon, Mobiltelefonnummer, Mobilnr, Mobiltlf, Handy, Handynummer, Mobiel,
        Mobiele telefoon, Mobiel nummer, Mobiel telefoonnummer, Gsm""",
    "street": """Address, Street, Street address, Address line 1, Postal address, Adresse, Gateadresse,
        Postadresse, Gate, Adress, Gatuadress, Postadress, Gata, Gade, Vejnavn, Straße, Anschrift,
        Postanschrift, Adres, Straat, Straatnaam, Postadres""",
    "postcode": """Postcode, Postal code, Zip, Zip code, Zip/Postal code, Postnr, Postnummer, PLZ,
        Postleitzahl""",
    "city": """City, Town, Postal city, Poststed, By, Sted, Stad, Ort, Postort, Postdistrikt, Stadt,
        Wohnort, Plaats, Woonplaats, Plaatsnaam""",
    "country": """Country, Country/Region, Country code, Land, Landkode, Land/Region, Landskod,
        Länderkennzeichen, Ländercode, Landcode""",
}

FLAGS = {
    "no_mailings": """No mailings, No mailing, Do not mail, Ingen utsendelser, Ingen utsendelse,
        Inga utskick, Inga mailutskick, Ingen udsendelser, Ingen mailings, Mailsperre, Keine Mailings,
        Keine Aussendungen, Geen mailings, Geen mailing""",
    "former_employee": """Former employee, Retired, Has left, Tidligere ansatt, Sluttet, Tidigare anställd,
        Slutat, Fratrådt, Tidligere ansat, Tidligere medarbejder, Ausgeschiedener Mitarbeiter,
        Ausgeschieden, Ehemaliger Mitarbeiter, Voormalige werknemer, Voormalig werknemer,
        Voormalig medewerker, Uit dienst""",
}

# A yes or a date here is a stop, whatever the format.
STOPS = {
    "opted_out": """Opted out on, Opted out, Opted out at, Opt out, Opt-out date, Opt-out time, Optout on,
        Date opted out, Unsubscribed, Unsubscribed on, Unsubscribed at, Unsubscribed date, Unsubscribe date,
        Unsubscribe time, Date unsubscribed, Unsubscription date, Withdrawn, Withdrawn on, Withdrawn at,
        Date withdrawn, Consent withdrawn, Consent withdrawn on, Consent withdrawn at, Withdrawal date,
        Avmeldt, Avmeldt dato, Avmeldingsdato, Dato avmeldt, Avmelding, Meldt av, Meldt av dato, Reservert,
        Reservert dato, Reservasjonsdato, Trukket tilbake, Trukket tilbake dato, Samtykke trukket,
        Samtykke trukket tilbake, Samtykke trukket dato, Avregistrerad, Avregistrerad datum,
        Avregistreringsdatum, Avanmäld, Avanmäld datum, Avanmälan, Avanmälningsdatum, Avprenumererad,
        Återkallat, Återkallat datum, Samtycke återkallat, Afmeldt, Afmeldt dato, Afmeldingsdato, Afmelding,
        Dato for afmelding, Frameldt, Frameldt dato, Frameldingsdato, Trukket tilbage, Trukket tilbage dato,
        Samtykke trukket tilbage, Abgemeldet, Abgemeldet am, Abmeldedatum, Abmeldung, Abmeldung am,
        Ausgetragen am, Widerruf, Widerruf am, Widerrufen, Widerrufen am, Widerrufsdatum, Opt-out am,
        Opt-out-Datum, Uitgeschreven, Uitgeschreven op, Uitschrijfdatum, Uitschrijving, Datum uitgeschreven,
        Afgemeld, Afgemeld op, Afmelddatum, Afmelding op, Ingetrokken, Ingetrokken op,
        Toestemming ingetrokken, Toestemming ingetrokken op, Opt-out op, Opt-out dato""",
    "unsubscribed_all": """Unsubscribed from all email, Unsubscribed from all emails, Unsubscribed from all,
        Opted out of all email, Opted out of all emails, Avmeldt all e-post, Avmeldt fra all e-post,
        Avmeldt fra alle e-poster, Avregistrerad från all e-post, Avanmäld från all e-post,
        Avprenumererad från all e-post, Avregistrerad från alla e-postmeddelanden, Afmeldt alle e-mails,
        Afmeldt fra alle e-mails, Frameldt alle e-mails, Afmeldt al e-mail, Von allen E-Mails abgemeldet,
        Abgemeldet von allen E-Mails, Alle E-Mails abbestellt, Von allen E-Mails abgemeldet am,
        Uitgeschreven voor alle e-mails, Uitgeschreven voor alle e-mail, Uitgeschreven van alle e-mails,
        Afgemeld voor alle e-mails, Afgemeld voor alle e-mail""",
}

PLAIN = {
    "newsletter": """Newsletter, Newsletters, News, E-newsletter, Subscribed, Subscribed to newsletter,
        Newsletter yes/no, Newsletter consent, Consent, Consent given, Consents, Has consented,
        Marketing consent, E-marketing consent, Email consent, Email marketing consent,
        Consent to e-marketing, Opt in, Opted in, Email opt-in, Marketing opt-in, Accepts marketing,
        Accepts email marketing, Wants newsletter, Mailing list, Nyhetsbrev, Vil ha nyhetsbrev,
        Ønsker nyhetsbrev, Nyhetsbrev ja/nei, Abonnerer på nyhetsbrev, Samtykke, Samtykket, Har samtykket,
        Samtykke nyhetsbrev, Samtykke til nyhetsbrev, Samtykke e-post, Samtykke til e-post,
        Samtykke markedsføring, Samtykke til markedsføring, Samtykke e-markedsføring,
        Samtykke til e-markedsføring, Påmeldt, Påmeldt nyhetsbrev, Vill ha nyhetsbrev, Nyhetsbrev ja/nej,
        Samtycke, Har samtyckt, Samtycke nyhetsbrev, Samtycke till nyhetsbrev, Samtycke marknadsföring,
        Samtycke till marknadsföring, Samtycke till e-marknadsföring, Medgivande, Prenumererar, Påmäld,
        Nyhedsbrev, Nyhedsmail, Ønsker nyhedsbrev, Nyhedsbrev ja/nej, Samtykke til nyhedsbrev,
        Samtykke nyhedsbrev, Tilmeldt, Tilmeldt nyhedsbrev, Rundbrief, Newsletter ja/nein,
        Newsletter-Einwilligung, Einwilligung, Einwilligung Newsletter, Einwilligung erteilt,
        Einwilligung Marketing, Marketing-Einwilligung, Werbeeinwilligung, Einwilligung E-Marketing,
        Zustimmung, Newsletter abonniert, Abonniert, Angemeldet, Nieuwsbrief, Nieuwsbrieven,
        Nieuwsbrief ja/nee, Toestemming, Toestemming nieuwsbrief, Toestemming voor nieuwsbrief,
        Toestemming marketing, Toestemming voor marketing, Toestemming e-marketing,
        Toestemming voor e-marketing, Ingeschreven, Aangemeld""",
    "opted_in": """Opted in on, Opted in at, Opt-in date, Opt-in on, Opt-in at, Date opted in,
        Date of opt-in, Consent date, Consent given on, Consent given at, Date of consent, Consented on,
        Consented at, Consent on, Consent at, Consent time, Given at, Given on, Subscribed on,
        Subscribed at, Subscription date, Date subscribed, Subscribe date, Signed up on, Sign-up date,
        Newsletter since, Newsletter date, Samtykkedato, Samtykke gitt, Samtykke gitt dato, Samtykket dato,
        Dato for samtykke, Dato samtykke, Opt-in dato, Påmeldt dato, Påmeldingsdato, Dato påmeldt,
        Nyhetsbrev dato, Nyhetsbrev siden, Gitt, Samtyckesdatum, Samtycke datum, Samtycke lämnat,
        Datum för samtycke, Opt-in datum, Påmäld datum, Anmälningsdatum, Nyhetsbrev datum, Lämnat,
        Samtykke givet, Samtykke givet dato, Givet, Tilmeldt dato, Tilmeldingsdato, Dato for tilmelding,
        Nyhedsbrev dato, Einwilligungsdatum, Einwilligung am, Einwilligung erteilt am,
        Datum der Einwilligung, Erteilt am, Zustimmung am, Zustimmungsdatum, Opt-in am, Angemeldet am,
        Anmeldedatum, Anmeldung am, Abonniert am, Toestemmingsdatum, Toestemming op, Toestemming gegeven op,
        Datum toestemming, Datum van toestemming, Gegeven op, Opt-in op, Ingeschreven op, Inschrijfdatum,
        Aangemeld op, Aanmelddatum""",
    "how": """How, How obtained, Obtained by, Obtained through, Consent source, Source of consent,
        Consent channel, Channel, Opt-in source, Hvordan, Samtykkekilde, Kilde til samtykke, Kanal,
        Kilde for samtykke, Hur, Samtyckeskälla, Källa till samtycke, Hvordan opnået, Wie,
        Einwilligungsquelle, Quelle der Einwilligung, Kanaal, Hoe, Bron van toestemming, Toestemmingsbron""",
}

HUBSPOT = {
    "hubspot_id": "Record ID, Contact ID, Record ID - Contact, Post-ID, Oppførings-ID, Datensatz-ID",
    "hubspot_basis": """Legal basis for processing contact's data, Legal basis for processing contact data,
        Lawful basis for processing contact's data, Hjemmel for behandling av kontaktens data,
        Behandlingsgrunnlag for kontaktens data, Rettslig grunnlag for behandling av kontaktens data,
        Rettslig grunnlag for behandling av kontaktdata,
        Juridisk grunnlag for behandling av kontaktens data,
        Rättslig grund för behandling av kontaktens data,
        Rättslig grund för behandling av kontaktens uppgifter,
        Rättslig grund för behandling av kontaktuppgifter, Retsgrundlag for behandling af kontaktens data,
        Retsgrundlag for behandling af kontaktdata, Juridisk grundlag for behandling af kontaktens data,
        Rechtsgrundlage für die Verarbeitung von Kontaktdaten,
        Rechtsgrundlage für die Verarbeitung der Kontaktdaten,
        Rechtsgrundlage für die Verarbeitung der Daten des Kontakts,
        Rechtliche Grundlage für die Verarbeitung von Kontaktdaten,
        Rechtliche Grundlage für die Verarbeitung der Daten des Kontakts,
        Rechtsgrondslag voor het verwerken van contactgegevens,
        Rechtsgrond voor het verwerken van contactgegevens,
        Rechtsgrondslag voor de verwerking van contactgegevens,
        Rechtsgrondslag voor het verwerken van gegevens van contactpersoon,
        Juridische basis voor het verwerken van contactgegevens,
        Wettelijke basis voor het verwerken van contactgegevens""",
    "hard_bounce": """Email hard bounce reason, Email hard bounce reason enum, Hard bounce reason,
        Årsak til hard bounce, Årsak til hard retur, Årsak til hard avvisning av e-post,
        Orsak till hård studs, Orsak till hard bounce, Årsag til hard bounce, Grund für Hard Bounce,
        Hard-Bounce-Grund, Grund für Hard Bounce der E-Mail, Grund für Hard Bounce bei E-Mail,
        Reden voor hard bounce, Reden hard bounce e-mail, Reden voor hard bounce van e-mail""",
    "marketing_status": """Marketing contact status, Status for markedsføringskontakt,
        Marknadsföringskontaktstatus, Marketingkontaktstatus, Status marketingcontact""",
    "lifecycle_stage": """Lifecycle stage, Livssyklusfase, Livscykelfas, Livscyklusfase, Lifecycle-Phase,
        Levenscyclusfase""",
    "contact_owner": """Contact owner, HubSpot owner, Kontakteier, Kontaktägare, Kontaktejer,
        Zuständiger Mitarbeiter, Kontaktinhaber, Contacteigenaar, Eigenaar contactpersoon""",
    "modified": """Last modified date, Last activity date, Sist endret dato, Senast ändrad,
        Zuletzt geändert am""",
}

MAILCHIMP = {
    "optin_time": "OPTIN_TIME",
    "optin_ip": "OPTIN_IP",
    "confirm_time": "CONFIRM_TIME",
    "confirm_ip": "CONFIRM_IP",
    "unsub_time": "UNSUB_TIME",
    "unsub_campaign": "UNSUB_CAMPAIGN_TITLE, UNSUB_CAMPAIGN_ID, UNSUB_REASON, UNSUB_REASON_OTHER",
    "clean_time": "CLEAN_TIME, CLEANED_TIME",
    "clean_campaign": "CLEAN_CAMPAIGN_TITLE, CLEAN_CAMPAIGN_ID",
    "member_rating": "MEMBER_RATING",
    "leid": "LEID",
    "mailchimp_id": "EUID",
    "offsets": "GMTOFF, DSTOFF",
    "last_changed": "LAST_CHANGED",
}

SUPEROFFICE = {
    "superoffice_id": "Person-ID, Contact person ID, Kontakt-ID, Persoon-ID, Persoons-ID, Personen-ID",
    "subscriptions": """Subscription, Subscriptions, Active subscriptions, Abonnement, Abonnementer,
        Aktive abonnement, Aktive abonnementer, Prenumeration, Prenumerationer, Aktiva prenumerationer,
        Abonnements, Aktive Abonnements, Abonnementen, Actieve abonnementen""",
    "comment": "Comment, Comments, Kommentar, Kommentarer, Kommentare, Bemerkung, Commentaar, Opmerking",
    "emarketing": """E-marketing, E-markedsføring, E-marknadsföring, E-mailmarketing, E-postmarkedsføring,
        E-postmarknadsföring""",
}

CONSENT_COMMENT = {
    "consent_comment": """Consent comment, Comment on consent, Samtykkekommentar, Kommentar til samtykke,
        Samtyckeskommentar, Kommentar om samtycke, Einwilligungskommentar, Kommentar zur Einwilligung,
        Toestemmingscommentaar, Commentaar bij toestemming""",
}

# SuperOffice's columns of one purpose: `E-markedsføring - Hjemmel`, `Rechtsgrundlage (E-Marketing)`, …
_PURPOSES = {
    "store": "Sales and service, Salg og kundeservice, Salg og service, Försäljning och tjänster, Verkauf und Service, "
    "Verkopen en service, Verkoop en service, STORE",
    "emarketing": "E-marketing, E-markedsføring, E-marknadsföring, E-mailmarketing, E-postmarkedsføring, "
    "E-postmarknadsföring",
}
_PARTS = {
    "basis": """Legal basis, Lawful basis, Hjemmel, Rettslig grunnlag, Behandlingsgrunnlag, Rättslig grund,
        Retsgrundlag, Rechtsgrundlage, Rechtsgrondslag, Rechtsgrond""",
    "source": "Source, Kilde, Källa, Quelle, Nachweis, Bron",
    "given": """Updated, Updated on, Updated at, Last updated, Given, Given at, Date, Oppdatert,
        Sist oppdatert, Gitt, Dato, Uppdaterad, Uppdaterat, Senast uppdaterad, Lämnat, Datum, Opdateret,
        Sidst opdateret, Givet, Aktualisiert, Aktualisiert am, Zuletzt aktualisiert, Erteilt am, Bijgewerkt,
        Bijgewerkt op, Laatst bijgewerkt, Gegeven op""",
    "comment": "Comment, Kommentar, Commentaar",
}
_BETWEEN = ("", "for", "of", "til", "till", "av", "af", "für", "voor", "van")


def _of_purposes() -> dict[str, str]:
    """Each purpose with each part, in either order. Basis and source alone are of Sales and service (rules 4.11)."""
    found = {}
    for part, names in _PARTS.items():
        for name in map(fold, names.split(",")):
            if part in ("basis", "source"):
                found[name] = f"store_{part}"
            for purpose, titles in _PURPOSES.items():
                for title in map(fold, titles.split(",")):
                    found[title + name] = f"{purpose}_{part}"
                    found |= {name + between + title: f"{purpose}_{part}" for between in map(fold, _BETWEEN)}
    return found


FIELDS = (
    by_spelling(PERSON | FLAGS | STOPS | PLAIN | HUBSPOT | MAILCHIMP | SUPEROFFICE | CONSENT_COMMENT) | _of_purposes()
)

OPTED_OUT_OF = re.compile(
    r"""\s* (?: opted[ -]?out | unsubscribed | avmeldt | meldt[ ]av | reservert | avregistrerad | avanmäld
    | avprenumererad | afmeldt | frameldt | abgemeldet | abbestellt | uitgeschreven | afgemeld | opt[ -]?out )
    [^:]* : \s* (?P<name> \S .*?) \s* \Z""",
    re.IGNORECASE | re.VERBOSE,
)


def field_of(header: str) -> str | None:
    """What stands in brackets counts where it can: `Hjemmel (E-markedsføring)`, but `E-post (arbeid)`."""
    return FIELDS.get(fold(header)) or FIELDS.get(fold(re.sub(r"\(.*?\)", "", header)))


def type_opted_out_of(header: str) -> str | None:
    """`Opted out of email: Product news` -> `Product news`: HubSpot has a column for each type of subscription."""
    found = OPTED_OUT_OF.match(header)
    return found["name"] if found else None
