"""Names to make people and firms from, in several scripts; mail domains are reserved ones."""

from __future__ import annotations

COUNTRIES: tuple[tuple[str, str, str, int], ...] = (
    ("US", "usd", "en-US", 34),
    ("DE", "eur", "de", 11),
    ("FR", "eur", "fr", 8),
    ("PL", "eur", "pl", 4),
    ("GB", "gbp", "en-GB", 13),
    ("CA", "cad", "fr-CA", 11),
    ("JP", "jpy", "ja", 10),
    ("KW", "kwd", "ar", 9),
)
"""Country, currency, locale, weight."""

_LATIN = (
    (("Ada", "ada"), ("Okafor", "okafor")),
    (("Grace", "grace"), ("Whitfield", "whitfield")),
    (("Noah", "noah"), ("O’Connor", "oconnor")),
    (("Mia", "mia"), ("Delgado", "delgado")),
    (("Liam", "liam"), ("Nguyễn", "nguyen")),
    (("José", "jose"), ("Ibáñez", "ibanez")),
    (("Ruth", "ruth"), ("Van der Berg", "vanderberg")),
    (("Ethan", "ethan"), ("Park", "park")),
    (("Chloé", "chloe"), ("Tremblay", "tremblay")),
    (("Priya", "priya"), ("Raman", "raman")),
)
_BY_COUNTRY = {
    "DE": (
        (("Jürgen", "juergen"), ("Müller", "mueller")),
        (("Zoë", "zoe"), ("Weiß", "weiss")),
        (("Anke", "anke"), ("Schröder", "schroeder")),
        (("Emre", "emre"), ("Yıldız", "yildiz")),
    ),
    "FR": (
        (("Éloïse", "eloise"), ("Lefèvre", "lefevre")),
        (("Benoît", "benoit"), ("D’Amboise", "damboise")),
        (("Maëlle", "maelle"), ("Garçon", "garcon")),
    ),
    "PL": (
        (("Łukasz", "lukasz"), ("Żółkiewski", "zolkiewski")),
        (("Agnieszka", "agnieszka"), ("Dąbrowska", "dabrowska")),
    ),
    "JP": (
        (("太郎", "taro"), ("山田", "yamada")),
        (("美咲", "misaki"), ("髙橋", "takahashi")),
        (("健", "ken"), ("𠮷野", "yoshino")),
    ),
    "KW": (
        (("فاطمة", "fatima"), ("الصباح", "alsabah")),
        (("يوسف", "yousef"), ("العلي", "alali")),
        (("نورة", "noura"), ("المطيري", "almutairi")),
    ),
}
FIRMS = (
    "Harbour & Sons", "Blue Fjord Foods", "Kōhaku Design 紅白", "Señal Óptica", "Grün & Partner",
    "Maple Ridge Clinics", "Northwind Cycles", "Łódź Textiles", "Falcon Gulf Trading",
    "Atelier Brûlé", "Quartz Robotics", "Sunday Press", "O’Hara Freight", "Delta \"Nine\" Labs",
    "Petit Marché, SARL", "Ironbark Energy", "Lighthouse 🗼 Media", "Sato 精密", "Al Noor Pharmacy",
    "Wren Analytics",
)  # fmt: skip
INDUSTRIES = ("Retail", "Manufacturing", "Healthcare", "Media", "Technology", "Energy", None)
CHANNELS = ("organic", "paid_search", "referral", "newsletter", "partner", None)
NOTES = (
    "Bitte beim Nachbarn abgeben 🙏", "お急ぎください", "Gift: “happy birthday”, don't show price",
    "comma, quote \" and\nnewline", "NA", "null", "يرجى الاتصال قبل التسليم", "",
    "déposer à l'accueil",
)  # fmt: skip
CITIES = {
    "US": "Portland", "DE": "Köln", "FR": "Nîmes", "PL": "Kraków", "GB": "Leeds",
    "CA": "Montréal", "JP": "京都", "KW": "Kuwait City",
}  # fmt: skip
COUNTRY_NAMES = {
    "US": "United States", "DE": "Germany", "FR": "France", "PL": "Poland",
    "GB": "United Kingdom", "CA": "Canada", "JP": "Japan", "KW": "Kuwait",
}  # fmt: skip


def names_of(
    country: str,
) -> tuple[tuple[tuple[str, str], tuple[str, str]], ...]:
    """Given and family names usual in a country, each with its spelling in a mail address."""
    return _BY_COUNTRY.get(country, ()) + _LATIN[:4] if country in _BY_COUNTRY else _LATIN
