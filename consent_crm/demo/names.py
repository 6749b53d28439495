"""What the invented persons and companies are put together from, country by country.

Domains are reserved for examples (RFC 2606); telephone numbers are of the ranges that Ofcom, PTS and the
Bundesnetzagentur keep free for invented persons, and where a country has none, there is no number.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """`share` of the persons live here. Phone and mobile hold # for a digit; empty: no numbers."""

    language: str
    name: str
    share: int
    first_names: list[str]
    last_names: list[str]
    places: list[tuple[str, str]]
    streets: list[str]
    titles: list[str]
    company_words: list[str]
    trades: list[str]
    form: str
    phone: str = ""
    mobile: str = ""


def _words(text: str) -> list[str]:
    return text.split()


def _phrases(text: str) -> list[str]:
    return [phrase.strip() for phrase in text.split(",")]


def _places(text: str) -> list[tuple[str, str]]:
    """Pairs of postcode and city, from "0155 Oslo, 5003 Bergen"; a postcode may hold a space written as _."""
    pairs = [place.split(" ", 1) for place in _phrases(text)]
    return [(postcode.replace("_", " "), city) for postcode, city in pairs]


COUNTRIES = [
    Country(
        language="nb",
        name="Norway",
        share=30,
        first_names=_words(
            "Kari Ingrid Solveig Marit Silje Åse Hilde Turid Ragnhild Guro Eline Vilde Tuva Oda Synne Øystein Lars"
            " Bjørn Håkon Torstein Eirik Sigurd Kjetil Trond Jørgen Magnus Odd Espen Stian Vegard"
        ),
        last_names=_words(
            "Nordmann Haugen Bakke Lunde Solberg Moen Strand Myhre Dahl Berge Fossum Tveit Røed Aasen Viken Hovland"
            " Øverland Skogstad Granli Kvamme Brekke Nygård Ulven Sætre Ness Hegge Fjeld Vik Lien Rønning"
        ),
        places=_places(
            "0155 Oslo, 5003 Bergen, 7011 Trondheim, 4006 Stavanger, 9008 Tromsø, 3015 Drammen, 6002 Ålesund, 8006 Bodø"
        ),
        streets=_words("Storgata Kirkeveien Skolegata Fjordveien Strandgata Bakkegata Parkveien Møllegata"),
        titles=_phrases("Daglig leder, Innkjøpssjef, Regnskapsansvarlig, Markedssjef, Prosjektleder, Lagersjef"),
        company_words=_words(
            "Fjordglimt Nordlid Granholt Solvarde Kvitnes Havbris Elvedal Tindlys Skogro Vardøen Morgenrød Steinli"
            " Bjørkelid Lysvåg"
        ),
        trades=_words("Energi Regnskap Transport Bygg Rådgivning Sjømat Interiør Logistikk Trykk Teknikk Hagesenter"),
        form="AS",
    ),
    Country(
        language="sv",
        name="Sweden",
        share=18,
        first_names=_words(
            "Astrid Elsa Ebba Linnéa Maja Wilma Saga Annika Birgitta Gunilla Åsa Malin Hanna Tove Erik Nils Gustav"
            " Oskar Axel Viktor Anders Björn Göran Håkan Johan Mattias Sven Ture Love Henrik"
        ),
        last_names=_words(
            "Svensson Lindqvist Bergström Sjöberg Nyström Ekdahl Hallgren Öberg Sandell Wallin Åkerman Holmgren Norling"
            " Blomkvist Forsell Hedlund Rosén Sundin Björklund Viklund Lönn Strandberg Tegnér Dahlin Ahlberg"
        ),
        places=_places(
            "111_22 Stockholm, 411_05 Göteborg, 211_22 Malmö, 753_10 Uppsala, 582_24 Linköping, 702_11 Örebro"
        ),
        streets=_words("Storgatan Kungsgatan Skolgatan Järnvägsgatan Parkvägen Kyrkogatan Åsvägen Ängsvägen"),
        titles=_phrases("Vd, Inköpschef, Ekonomiansvarig, Marknadschef, Projektledare, Säljare"),
        company_words=_words(
            "Ljungdal Björklid Mälarvik Norrsken Granhult Solgläntan Vintergatan Åkerbris Silverlind Havtorn Ekensberg"
            " Lövskog"
        ),
        trades=_words("Energi Redovisning Åkeri Bygg Konsult Livs Inredning Logistik Tryckeri Teknik Trädgård"),
        form="AB",
        phone="08-465 004 ##",
        mobile="070-174 06 ##",
    ),
    Country(
        language="da",
        name="Denmark",
        share=14,
        first_names=_words(
            "Mette Kirsten Freja Signe Asta Karen Inge Lærke Dorthe Pernille Birthe Sofie Rikke Bodil Søren Jens"
            " Mikkel Rasmus Anders Frederik Mads Niels Jeppe Troels Kasper Bjarne Torben Asger"
        ),
        last_names=_words(
            "Sørensen Møller Østergaard Kjær Holm Nørgaard Bruun Dam Vestergaard Skov Friis Lund Bech Toft Krogh"
            " Damgaard Thorup Brandt Riis Winther Hedegaard Ager Bak Lykke"
        ),
        places=_places("1050 København K, 8000 Aarhus C, 5000 Odense C, 9000 Aalborg, 6700 Esbjerg, 4000 Roskilde"),
        streets=_words("Algade Nørregade Vestergade Skovvej Strandvejen Kirkestræde Møllevej Havnegade"),
        titles=_phrases("Direktør, Indkøbschef, Bogholder, Marketingchef, Projektleder, Lagerchef"),
        company_words=_words(
            "Bøgelund Klitgaarden Sundlys Havgus Lyngtoppen Egebæk Solhøj Nordmose Vestklit Åkilde Kornblomst Ravnsø"
        ),
        trades=_words("Energi Revision Transport Byg Rådgivning Fødevarer Indretning Logistik Tryk Teknik Planteskole"),
        form="ApS",
    ),
    Country(
        language="de",
        name="Germany",
        share=16,
        first_names=_words(
            "Anna Greta Heike Sabine Ute Katrin Jutta Frieda Lena Johanna Miriam Antje Birgit Marlene Jürgen Uwe"
            " Matthias Florian Lukas Sebastian Holger Tobias Günter Felix Moritz Jonas Kai Bernd"
        ),
        last_names=_words(
            "Brandt Lehmann Krüger Vogt Seidel Böhm Kühn Winkler Jäger Sommer Haas Graf Roth Engel Ziegler Pohl Voß"
            " Hübner Löffler Thiele Köster Ahrens Brinkmann Wendt Großmann Stahl"
        ),
        places=_places(
            "10115 Berlin, 20095 Hamburg, 50667 Köln, 60311 Frankfurt am Main, 80331 München, 04109 Leipzig"
        ),
        streets=_words("Hauptstraße Bahnhofstraße Gartenweg Lindenallee Schulstraße Mühlenweg Bergstraße Kirchplatz"),
        titles=_phrases("Geschäftsführung, Einkauf, Buchhaltung, Marketingleitung, Projektleitung, Vertrieb"),
        company_words=_words(
            "Lindenhain Morgentau Nordwind Silberbach Waldrand Kornfeld Hafenblick Rosenau Steinquell Ahorntal Brombeer"
        ),
        trades=_words("Energie Buchhaltung Spedition Bau Beratung Feinkost Einrichtung Logistik Druck Technik"),
        form="GmbH",
        phone="030 23125 ###",
        mobile="030 23125 ###",
    ),
    Country(
        language="nl",
        name="Netherlands",
        share=12,
        first_names=_words(
            "Anouk Fleur Sanne Marijke Femke Lotte Ingeborg Wil Hanneke Roos Tessa Nienke Bram Daan Joris Pieter Sjoerd"
            " Thijs Ruben Kees Maarten Gijs Wouter Koen"
        ),
        last_names=_phrases(
            "de Boer, van Dijk, Visser, Smit, Mulder, de Groot, Bos, Vos, Hendriks, van Leeuwen, Dekker, Brouwer,"
            " van der Meer, Dijkstra, Postma, Kuipers, Veenstra, van den Berg, Schouten, Willems"
        ),
        places=_places("1012_AB Amsterdam, 3011_AA Rotterdam, 3511_AB Utrecht, 9711_AA Groningen, 5611_AA Eindhoven"),
        streets=_words("Dorpsstraat Kerkstraat Molenweg Stationsweg Havenkade Lindelaan Schoolstraat Veerdam"),
        titles=_phrases("Directeur, Inkoper, Boekhouder, Hoofd marketing, Projectleider, Verkoper"),
        company_words=_words(
            "Zonnedauw Duinroos Waterlelie Polderlicht Zilvermeeuw Wilgenhof Noordzicht Klaproos Meerkoet Rietland"
        ),
        trades=_words("Energie Boekhouding Transport Bouw Advies Delicatessen Interieur Logistiek Drukwerk Techniek"),
        form="B.V.",
    ),
    Country(
        language="en",
        name="United Kingdom",
        share=10,
        first_names=_words(
            "Alice Beatrice Charlotte Eleanor Fiona Grace Harriet Imogen Jane Nora Olivia Rosalind Arthur Colin"
            " Duncan Edmund Graham Hugh Oliver Rupert Stuart Theo Victor Walter"
        ),
        last_names=_words(
            "Ashdown Barlow Carver Denholm Eastwick Fairley Garland Hartwell Ingleby Kershaw Langford Merriman"
            " Norwood Oakes Pemberton Quill Rowntree Selwyn Thackeray Underhill Wetherby Yardley"
        ),
        places=_places("EC1A_1BB London, M1_1AE Manchester, EH1_1YZ Edinburgh, BS1_4DJ Bristol, LS1_4AP Leeds"),
        streets=_phrases("High Street, Station Road, Church Lane, Mill Road, Park Avenue, Orchard Way"),
        titles=_phrases("Managing director, Head of purchasing, Accountant, Marketing manager, Project lead, Buyer"),
        company_words=_words(
            "Foxglove Larkfield Harbourlight Thistledown Willowmere Copperbeech Stonecrop Heatherbank Ottermill"
        ),
        trades=_words("Energy Accounting Haulage Builders Consulting Fisheries Interiors Logistics Print Nurseries"),
        form="Ltd",
        phone="020 7946 0###",
        mobile="07700 900###",
    ),
]

ASCII = str.maketrans(dict(zip("åäöøæüßéÅØ' ", [*"aaoo", "ae", "u", "ss", *"eao", "", "-"], strict=True)))
