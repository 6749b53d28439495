"""The words that stand in cells: what other systems call a basis, a source, a type, a yes, a country.

Each table goes from our key to spellings in English, Norwegian, Swedish, Danish, German and Dutch, with commas between.
Case, spaces, punctuation and accents do not count (`fold`), so that no spelling stands here twice.
The terms are those of the glossary, SuperOffice's and HubSpot's own, and near synonyms; a word not here is unknown.
"""

import unicodedata
from functools import lru_cache

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "đ": "d", "ł": "l"})  # what Unicode does not take apart


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """`E-markedsføring – Hjemmel ` -> `emarkedsforinghjemmel`: letters and digits, lower case, no accents."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(letter for letter in plain if letter.isalnum())


def by_spelling(table: dict[str, str]) -> dict[str, str]:
    """The table turned round: folded spelling -> key."""
    return {fold(spelling): key for key, spellings in table.items() for spelling in spellings.split(",")}


BASES = by_spelling(
    {
        "61A": """61A, Art 61A, Consent, Explicit consent, Freely given consent,
            Freely given consent from contact, Samtykke, Uttrykkelig samtykke, Frivillig samtykke,
            Frivillig samtykke fra kontakt, Frivillig samtykke fra kontakten, Samtycke, Medgivande,
            Frivilligt samtycke, Frivilligt samtycke från kontakt, Frivilligt samtycke från kontakten,
            Frit givet samtykke, Frit givet samtykke fra kontakt, Frivilligt samtykke,
            Frivilligt samtykke fra kontakt, Einwilligung, Zustimmung, Freiwillige Einwilligung,
            Freiwillige Einwilligung des Kontakts, Freiwillig erteilte Einwilligung des Kontakts,
            Toestemming, Vrijelijk gegeven toestemming, Vrijelijk gegeven toestemming van contact,
            Vrijelijk gegeven toestemming van contactpersoon, Vrij gegeven toestemming van contact""",
        "61B": """61B, Art 61B, Contract, Performance of a contract, Performance of contract, Contractual,
            Inngått avtale, Avtale, Kontrakt, Oppfyllelse av avtale, Oppfyllelse av en avtale,
            Oppfyllelse av kontrakt, Oppfyllelse av en kontrakt, Ingått avtal, Avtal, Fullgörande av avtal,
            Fullgörande av ett avtal, Indgået aftale, Aftale, Opfyldelse af kontrakt,
            Opfyldelse af en kontrakt, Opfyldelse af aftale, Vertrag, Vertragserfüllung,
            Erfüllung eines Vertrags, Erfüllung eines Vertrages, Overeenkomst, Uitvoering van een contract,
            Uitvoering van een overeenkomst, Uitvoering van contract""",
        "61C": """61C, Art 61C, Required by law, Legal obligation, Legal requirement, Lovpålagt,
            Pålagt ved lov, Rettslig forpliktelse, Krävs enligt lag, Rättslig förpliktelse,
            Påkrævet ved lov, Lovpligtigt, Retlig forpligtelse, Gesetzlich vorgeschrieben,
            Rechtliche Verpflichtung, Gesetzliche Verpflichtung, Wettelijk verplicht,
            Wettelijke verplichting""",
        "61D": """61D, Art 61D, Protect vital interests, Vital interests, Vital interest,
            Verne vitale interesser, Vitale interesser, Skydda grundläggande intressen,
            Grundläggande intressen, Beskytte vitale interesser, Schutz lebenswichtiger Interessen,
            Lebenswichtige Interessen, Bescherming van vitale belangen, Vitale belangen""",
        "61E": """61E, Art 61E, Public interest, Allmennhetens interesse, Allmenn interesse,
            Allmänt intresse, Samfundets interesse, Offentlig interesse, Öffentliches Interesse,
            Algemeen belang""",
        "61F": """61F, Art 61F, Legitimate interest, Legitimate interests, Berettiget interesse,
            Legitim interesse, Berättigat intresse, Legitimt intresse, Berechtigtes Interesse,
            Gerechtvaardigd belang, Rechtmatig belang""",
        "WITHDRAWN": """Withdrawn, Consent withdrawn, Withdrawn consent, Trukket tilbake, Tilbaketrukket,
            Samtykke trukket tilbake, Samtykke tilbaketrukket, Återkallat, Återkallad, Återtaget,
            Tillbakadraget, Återkallat samtycke, Trukket tilbage, Tilbagetrukket, Tilbagekaldt,
            Samtykke trukket tilbage, Samtykke tilbagetrukket, Widerrufen, Zurückgezogen,
            Einwilligung widerrufen, Ingetrokken, Toestemming ingetrokken""",
        "OBJECTED": """Objected, Objection, Protestert, Invändning gjord, Invänt, Gjort indsigelse,
            Indsigelse, Widersprochen, Widerspruch, Bezwaar gemaakt, Bezwaar""",
        "REFUSED": """Refused, Declined, Takket nei, Avslått, Tackat nej, Nekat, Avböjt, Takket nej, Afvist,
            Abgelehnt, Geweigerd, Afgewezen""",
    }
)
STOPS = frozenset({"WITHDRAWN", "OBJECTED", "REFUSED"})

# HubSpot divides legitimate interest; only that in an existing customer is a ground for e-marketing (rules 4.11).
_CUSTOMER = """existing customer, customer, eksisterende kunde, kunde, befintlig kund, kund, nuværende kunde,
    bestehender Kunde, Bestandskunde, bestaande klant, klant"""
_PROSPECT = """prospect/lead, prospect, lead, potensiell kunde/lead, potensiell kunde, kundeemne/lead, prospekt/lead,
    potentiell kund/lead, potentiel kunde/lead, emne/lead, potenzieller Kunde/Lead, Interessent/Lead, Interessent,
    potentiële klant/lead, mogelijke klant/lead"""
_OTHER = "other, annet, annat, övrigt, andet, sonstiges, andere, anders, overig"
_INTERESTS = [spelling for spelling, key in BASES.items() if key == "61F"]


def _interests(qualifiers: str, key: str) -> dict[str, str]:
    return {interest + fold(name): key for interest in _INTERESTS for name in qualifiers.split(",")}


# HubSpot's "Legal basis for processing contact's data": our key, or the code of the problem why there is none.
HUBSPOT_BASES = {
    **{spelling: "61A" for spelling, key in BASES.items() if key == "61A"},
    **{spelling: "contract_is_no_ground" for spelling, key in BASES.items() if key == "61B"},
    **_interests(_CUSTOMER, "61F"),
    **_interests(_PROSPECT, "prospect_is_no_ground"),
    **_interests(_OTHER, "other_interest_is_no_ground"),
    **by_spelling(
        {
            "not_applicable": """Not applicable, Ikke relevant, Ikke aktuelt, Gjelder ikke, Ej tillämpligt,
                Inte tillämpligt, Ikke aktuel, Nicht zutreffend, Nicht anwendbar, Niet van toepassing""",
        }
    ),
}

SOURCES = by_spelling(
    {
        "USER": """USER, Created by user, Opprettet av bruker, Bruker, Skapad av användare, Användare,
            Oprettet af bruger, Bruger, Von Benutzer erstellt, Vom Benutzer erstellt, Benutzer,
            Gemaakt door gebruiker, Aangemaakt door gebruiker, Gebruiker""",
        "EMAIL": "EMAIL, By e-mail, E-post, Per e-post, Via e-post, Per E-Mail, Via e-mail",
        "REQUEST": """REQUEST, Incoming request, Ticket, Innkommende sak, Innkommende henvendelse,
            Henvendelse, Sak, Inkommande ärende, Ärende, Inkommande förfrågan, Indgående sag,
            Indgående henvendelse, Sag, Eingehende Anfrage, Anfrage, Inkomend verzoek, Binnenkomend verzoek,
            Inkomende aanvraag, Verzoek""",
        "CHAT": "CHAT, Chatt, Live chat",
        "WEBFORM": """WEBFORM, Website form, Online form, Webskjema, Nettskjema, Webbformulär, Webformular,
            Hjemmesideformular, Onlineformular, Internetformular, Webformulier, Onlineformulier""",
        "CUSTOMERPORTAL": """CUSTOMERPORTAL, Customer centre, Customer center, Kundeportal, Kundesenter,
            Kundportal, Kundcenter, Kundecenter, Kundenportal, Klantenportal, Klantportaal, Klantenportaal""",
        "IMPORT": "IMPORT, Imported, Importert, Importerad, Importeret, Importiert, Geïmporteerd, Importeren",
        "API": """API, Other integration, Integration, Annen integrasjon, Integrasjon, Annan integration,
            Anden integration, Andere Integration, Andere integratie, Integratie""",
        "UNKNOWN": "UNKNOWN, Not known, Ukjent, Okänd, Okänt, Ukendt, Unbekannt, Onbekend",
    }
)

TYPES = by_spelling(
    {
        "INVITATIONS": """INVITATIONS, Invitation, Invitasjoner, Invitasjon, Inbjudningar, Inbjudan,
            Invitationer, Einladungen, Einladung, Uitnodigingen, Uitnodiging""",
        "NEWS": """NEWS, Newsletter, Newsletters, Nyheter, Nyhet, Nyhetsbrev, Nyhetsbrevet, Nyheder,
            Nyhedsbrev, Nyhedsbreve, Neuigkeiten, Nachrichten, Nieuws, Nieuwsbrief, Nieuwsbrieven""",
        "PROMOTIONS": """PROMOTIONS, Promotion, Offers, Special offers, Campaigns, Kampanjer, Kampanje,
            Tilbud, Kampanj, Erbjudanden, Kampagner, Werbeaktionen, Angebote, Aanbiedingen""",
        "URGENT": """URGENT, Urgent messages, Important messages, Hastemeldinger, Viktige meldinger,
            Brådskande meddelanden, Viktiga meddelanden, Hastemeddelelser, Vigtige meddelelser,
            Vigtige beskeder, Dringende Mitteilungen, Wichtige Mitteilungen, Dringende Nachrichten,
            Wichtige Nachrichten, Dringende berichten, Belangrijke berichten""",
    }
)

ANSWERS = by_spelling(
    {
        "yes": """yes, y, true, t, 1, x, ja, j, ja takk, ja tack, ja tak, ja bitte, ja graag, sant, sann,
            sandt, wahr, waar, on, på, til, an, ein, aan, subscribed, opted in, active, abonnert, abonnerer,
            påmeldt, aktiv, prenumererar, påmäld, tilmeldt, abonneret, abonniert, angemeldet, geabonneerd,
            ingeschreven, aangemeld, actief""",
        "no": """no, n, false, f, 0, nei, nej, nein, nee, nei takk, nej tack, nej tak, nein danke,
            nee bedankt, usann, falskt, falsk, falsch, onwaar, off, av, af, fra, aus, uit, none, null,
            never, ingen, inga, inget, aldri, aldrig, nie, nooit, kein, keine, geen, n/a, not applicable,
            ikke aktuelt, nicht zutreffend, k.A., n.v.t., inactive, inaktiv, inactief""",
        "stop": """unsubscribed, opted out, withdrawn, avmeldt, meldt av, trukket tilbake, avregistrerad,
            avanmäld, återkallat, afmeldt, frameldt, trukket tilbage, abgemeldet, ausgetragen, widerrufen,
            uitgeschreven, afgemeld, ingetrokken""",
    }
)
TICKS = frozenset("✓✔☑✅")

MONTHS = {
    fold(name): number
    for number, names in enumerate(
        (
            "jan, january, januar, januari, jänner",
            "feb, february, februar, februari, febr",
            "mar, mars, march, marts, mrz, märz, mrt, maart, maerz",
            "apr, april",
            "mai, may, maj, mei",
            "jun, june, juni",
            "jul, july, juli",
            "aug, august, augusti, augustus",
            "sep, sept, september",
            "okt, oct, october, oktober",
            "nov, november",
            "des, dec, dez, december, desember, dezember",
        ),
        1,
    )
    for name in names.split(",")
}

# ISO 3166-1 alpha-2, all of them, and the names of the countries that our users meet most.
_CODES = """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT
    MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
    UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"""
COUNTRIES = {code.casefold(): code for code in _CODES.split()} | by_spelling(
    {
        "NO": "Norway, Norge, Noreg, Norwegen, Noorwegen, NOR",
        "SE": "Sweden, Sverige, Schweden, Zweden, SWE",
        "DK": "Denmark, Danmark, Dänemark, Denemarken, DNK",
        "DE": "Germany, Tyskland, Deutschland, Duitsland, Bundesrepublik Deutschland, DEU, GER",
        "NL": """Netherlands, The Netherlands, Nederland, Holland, Nederländerna, Nederlandene, Niederlande,
            NLD, NED""",
        "GB": """United Kingdom, Great Britain, UK, England, Scotland, Wales, Northern Ireland,
            Storbritannia, Storbritannien, Förenade kungariket, Skottland, Großbritannien,
            Vereinigtes Königreich, Schottland, Verenigd Koninkrijk, Groot-Brittannië, Engeland, Schotland,
            GBR""",
        "FI": "Finland, Finnland, Suomi, FIN",
        "IS": "Iceland, Island, IJsland, ISL",
        "FO": "Faroe Islands, Færøyene, Færøerne, Färöarna, Färöer, Faeröer",
        "GL": "Greenland, Grønland, Groenland",
        "AX": "Åland, Åland Islands, Ålandsøyene",
        "IE": "Ireland, Irland, Ierland, Republic of Ireland, IRL",
        "BE": "Belgium, Belgia, Belgien, België, Belgique, BEL",
        "LU": "Luxembourg, Luxemburg, LUX",
        "FR": "France, Frankrike, Frankrig, Frankreich, Frankrijk, FRA",
        "AT": "Austria, Østerrike, Østrig, Österreich, Oostenrijk, AUT",
        "CH": "Switzerland, Sveits, Schweiz, Zwitserland, Suisse, CHE",
        "LI": "Liechtenstein",
        "ES": "Spain, Spania, Spanien, Spanje, España, ESP",
        "PT": "Portugal, PRT",
        "IT": "Italy, Italia, Italien, Italië, ITA",
        "PL": "Poland, Polen, Polska, POL",
        "CZ": "Czechia, Czech Republic, Tsjekkia, Tjeckien, Tjekkiet, Tschechien, Tsjechië, CZE",
        "SK": "Slovakia, Slovakien, Slowakei, Slowakije, SVK",
        "HU": "Hungary, Ungarn, Ungern, Hongarije, HUN",
        "EE": "Estonia, Estland, Eesti, EST",
        "LV": "Latvia, Lettland, Letland, LVA",
        "LT": "Lithuania, Litauen, Litouwen, LTU",
        "GR": "Greece, Hellas, Grekland, Grækenland, Griechenland, Griekenland, GRC",
        "HR": "Croatia, Kroatia, Kroatien, Kroatië, HRV",
        "SI": "Slovenia, Slovenien, Slowenien, Slovenië, SVN",
        "RS": "Serbia, Serbien, Servië, SRB",
        "RO": "Romania, Rumänien, Rumænien, Roemenië, ROU",
        "BG": "Bulgaria, Bulgarien, Bulgarije, BGR",
        "UA": "Ukraine, Ukraina, Oekraïne, UKR",
        "TR": "Turkey, Türkiye, Tyrkia, Turkiet, Tyrkiet, Türkei, Turkije, TUR",
        "US": "United States, United States of America, USA, Amerika, De forente stater, Vereinigte Staaten",
        "CA": "Canada, Kanada, CAN",
        "AU": "Australia, Australien, Australië, AUS",
        "NZ": "New Zealand, Nya Zeeland, Neuseeland, Nieuw-Zeeland, NZL",
        "IN": "India, Indien, IND",
        "CN": "China, Kina, CHN",
        "JP": "Japan, JPN",
    }
)
