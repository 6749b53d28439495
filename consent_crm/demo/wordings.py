"""What the invented persons were shown when they were asked, in the six languages."""

EMARKETING_FIRST = {
    "en": "Yes, send me news and offers by e-mail. I can unsubscribe at any time.",
    "nb": "Ja, send meg nyheter og tilbud på e-post. Jeg kan melde meg av når som helst.",
    "sv": "Ja, skicka nyheter och erbjudanden till mig med e-post. Jag kan avsluta när som helst.",
    "da": "Ja, send mig nyheder og tilbud på e-mail. Jeg kan altid melde mig fra.",
    "de": "Ja, ich möchte Neuigkeiten und Angebote per E-Mail erhalten. Abmelden kann ich mich jederzeit.",
    "nl": "Ja, stuur mij nieuws en aanbiedingen per e-mail. Ik kan mij op elk moment afmelden.",
}

EMARKETING_SECOND = {
    "en": "Yes, send me e-mails with news, invitations and offers. I can withdraw my consent at any time by the link"
    " in every message.",
    "nb": "Ja, send meg e-poster med nyheter, invitasjoner og tilbud. Jeg kan når som helst trekke samtykket tilbake"
    " med lenken i hver e-post.",
    "sv": "Ja, skicka e-post med nyheter, inbjudningar och erbjudanden. Jag kan när som helst återkalla mitt samtycke"
    " med länken i varje meddelande.",
    "da": "Ja, send mig e-mails med nyheder, invitationer og tilbud. Jeg kan til enhver tid trække mit samtykke"
    " tilbage med linket i hver e-mail.",
    "de": "Ja, senden Sie mir E-Mails mit Neuigkeiten, Einladungen und Angeboten. Ich kann meine Einwilligung"
    " jederzeit über den Link in jeder Nachricht widerrufen.",
    "nl": "Ja, stuur mij e-mails met nieuws, uitnodigingen en aanbiedingen. Ik kan mijn toestemming op elk moment"
    " intrekken met de link in elk bericht.",
}

SMS_WORDING = {
    "en": "Yes, you may text me about my orders and about offers.",
    "nb": "Ja, dere kan sende meg SMS om bestillinger og tilbud.",
    "sv": "Ja, ni får skicka sms till mig om beställningar och erbjudanden.",
    "da": "Ja, I må sende mig sms om bestillinger og tilbud.",
    "de": "Ja, Sie dürfen mir SMS zu Bestellungen und Angeboten senden.",
    "nl": "Ja, u mag mij sms'en over bestellingen en aanbiedingen.",
}

THIRD_PARTIES_WORDING = {
    "en": "Yes, you may pass my name and address on to your trade fair partners.",
    "nb": "Ja, dere kan gi navnet og adressen min videre til messepartnerne deres.",
    "sv": "Ja, ni får lämna mitt namn och min adress till era mässpartner.",
    "da": "Ja, I må give mit navn og min adresse videre til jeres messepartnere.",
    "de": "Ja, Sie dürfen meinen Namen und meine Adresse an Ihre Messepartner weitergeben.",
    "nl": "Ja, u mag mijn naam en adres doorgeven aan uw beurspartners.",
}

STATEMENT = {
    "en": "Privacy statement",
    "nb": "Personvernerklæring",
    "sv": "Integritetspolicy",
    "da": "Privatlivspolitik",
    "de": "Datenschutzerklärung",
    "nl": "Privacyverklaring",
}
