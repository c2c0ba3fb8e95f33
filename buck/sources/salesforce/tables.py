"""The raw tables that the default objects land in, declared before a row lands.

Names are Salesforce's own, lower-cased. Types follow from describe (see `fields.py`); a run
describes every object again, so an org's own custom fields come on top of what stands here.
"""

from __future__ import annotations

from buck.records.table import Column, ColumnType, TableSpec

SOURCE = "salesforce"

FORMULA_SUFFIX = "__formula"
"""Ends the name of the side table that an object's formula fields land in."""

DELETE_REASON = Column("_buck_delete_reason", "text")
"""Last column of every object's table: how a deleted record was found to be so.

`recycle_bin` and `merged` (into `masterrecordid`) come with the record as it was; `get_deleted` and
`reconciled` are tombstones of records that the org no longer gives, with nothing but the id.
"""

DESCRIBED = TableSpec(
    source=SOURCE,
    name="describe_snapshot",
    key=("object_name", "field_name"),
    columns=(
        Column("object_name", "text"),
        Column("field_name", "text"),
        Column("type", "text"),
        Column("soap_type", "text"),
        Column("field_precision", "bigint"),
        Column("field_scale", "bigint"),
        Column("is_calculated", "boolean"),
        Column("is_nillable", "boolean"),
        Column("is_permissionable", "boolean"),
        Column("is_filterable", "boolean"),
        Column("is_landed", "boolean"),
    ),
    description="One row per version of a field as the org described it to the integration user; "
    "a tombstone where the field was no longer shown.",
)

DEFAULT_OBJECTS: tuple[str, ...] = (
    "Account",
    "Contact",
    "Lead",
    "Opportunity",
    "OpportunityLineItem",
    "OpportunityHistory",
    "Campaign",
    "CampaignMember",
    "User",
    "Product2",
)

PERSONAL_FIELDS: frozenset[str] = frozenset(
    {
        "firstname",
        "lastname",
        "middlename",
        "email",
        "username",
        "phone",
        "mobilephone",
        "homephone",
        "fax",
        "birthdate",
        "title",
        "alias",
        "communitynickname",
        "mailingstreet",
        "mailingpostalcode",
        "otherstreet",
        "otherpostalcode",
    }
)
"""Field names that hold personal data on any object, declared here or found by describe."""

SUBJECTS: dict[str, str] = {
    "contact": "id",
    "lead": "id",
    "user": "id",
    "campaignmember": "contactid",
}
"""The column that names the person a row is about; other objects are about companies or deals."""

PERSON_TABLES: frozenset[str] = frozenset({"contact", "lead", "user"})
"""Tables whose `name` is a person's name."""

_AUDIT = "createddate:timestamptz createdbyid lastmodifieddate:timestamptz lastmodifiedbyid"

_COLUMNS: dict[str, str] = {
    "account": f"""id isdeleted:boolean masterrecordid name type parentid billingstreet billingcity
        billingstate billingpostalcode billingcountry billingcountrycode phone website industry
        annualrevenue:decimal(18,2) numberofemployees:bigint description rating accountsource
        ownerid {_AUDIT} systemmodstamp:timestamptz segment__c app_organisation_id__c""",
    "contact": f"""id isdeleted:boolean masterrecordid accountid lastname firstname name email
        phone mobilephone title department birthdate:date mailingcity mailingcountrycode leadsource
        hasoptedoutofemail:boolean ownerid {_AUDIT} systemmodstamp:timestamptz""",
    "lead": f"""id isdeleted:boolean masterrecordid lastname firstname name title company email
        phone country countrycode status rating leadsource industry annualrevenue:decimal(18,2)
        numberofemployees:bigint isconverted:boolean converteddate:date convertedaccountid
        convertedcontactid convertedopportunityid ownerid {_AUDIT} systemmodstamp:timestamptz""",
    "opportunity": f"""id isdeleted:boolean accountid contactid name description stagename
        amount:decimal(18,2) probability:decimal(3,0) expectedrevenue:decimal(18,2)
        totalopportunityquantity:decimal(18,2) closedate:date type nextstep leadsource
        isclosed:boolean iswon:boolean forecastcategory forecastcategoryname campaignid
        pricebook2id hasopportunitylineitem:boolean laststagechangedate:timestamptz
        currencyisocode ownerid
        {_AUDIT} systemmodstamp:timestamptz""",
    "opportunitylineitem": f"""id isdeleted:boolean opportunityid sortorder:bigint pricebookentryid
        product2id productcode name quantity:decimal(12,2) unitprice:decimal(18,2)
        listprice:decimal(18,2) totalprice:decimal(18,2) discount:decimal(5,2) servicedate:date
        description currencyisocode {_AUDIT} systemmodstamp:timestamptz""",
    "opportunityhistory": """id isdeleted:boolean opportunityid createdbyid
        createddate:timestamptz stagename amount:decimal(18,2) prevamount:decimal(18,2)
        expectedrevenue:decimal(18,2) closedate:date prevclosedate:date probability:decimal(3,0)
        forecastcategory currencyisocode systemmodstamp:timestamptz""",
    "campaign": f"""id isdeleted:boolean name parentid type status startdate:date enddate:date
        budgetedcost:decimal(18,2) actualcost:decimal(18,2) expectedrevenue:decimal(18,2)
        isactive:boolean description numberofleads:bigint numberofcontacts:bigint
        numberofresponses:bigint ownerid {_AUDIT} systemmodstamp:timestamptz""",
    "campaignmember": f"""id isdeleted:boolean campaignid leadid contactid status
        hasresponded:boolean firstrespondeddate:date {_AUDIT} systemmodstamp:timestamptz""",
    "user": f"""id username lastname firstname name alias email title department companyname
        isactive:boolean usertype userroleid timezonesidkey localesidkey languagelocalekey
        emailencodingkey {_AUDIT} systemmodstamp:timestamptz""",
    "product2": f"""id isdeleted:boolean name productcode description isactive:boolean family
        stockkeepingunit externalid {_AUDIT} systemmodstamp:timestamptz""",
}


def is_personal(table: str, column: str) -> bool:
    """Whether a column of a table holds personal data, by its name."""
    return column in PERSONAL_FIELDS or (column == "name" and table in PERSON_TABLES)


def _column(table: str, word: str) -> Column:
    name, _, declared = word.partition(":")
    kind: ColumnType = "text"
    precision: tuple[int, int] | None = None
    match declared.partition("("):
        case ("decimal", _, digits):
            whole, _, scale = digits.rstrip(")").partition(",")
            kind, precision = "decimal", (int(whole), int(scale))
        case ("bigint" | "boolean" | "date" | "timestamptz" as plain, _, _):
            kind = plain
        case _:
            pass
    return Column(name, kind, personal=is_personal(table, name), precision=precision)


def _spec(object_name: str) -> TableSpec:
    table = object_name.lower()
    return TableSpec(
        source=SOURCE,
        name=table,
        key=("id",),
        columns=(*(_column(table, word) for word in _COLUMNS[table].split()), DELETE_REASON),
        cursor="systemmodstamp",
        subject=SUBJECTS.get(table),
        description=f"One row per version of a Salesforce {object_name} that a run saw.",
    )


OPPORTUNITY_FORMULAS = TableSpec(
    source=SOURCE,
    name=f"opportunity{FORMULA_SUFFIX}",
    key=("id",),
    columns=(Column("id", "text"), Column("account_segment__c", "text")),
    description="One row per value that a run saw an opportunity's formula fields have.",
)

TABLES: tuple[TableSpec, ...] = (
    *(_spec(name) for name in DEFAULT_OBJECTS),
    OPPORTUNITY_FORMULAS,
    DESCRIBED,
)
"""Specs of the default objects, in `DEFAULT_OBJECTS` order, then of what lands beside them."""


def find_table(name: str) -> TableSpec | None:
    """The declared spec of a table (lower-cased object name), or None for an undeclared object."""
    return next((spec for spec in TABLES if spec.name == name), None)
