"""Salesforce records with the standard fields of their objects, and the company's own ones."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from buck.sandbox.company.calendar import to_salesforce
from buck.sandbox.company.change import Record
from buck.sandbox.company.dice import salesforce_checked

ADMIN_ID = salesforce_checked("005Qy00000001nY")
"""The integration user that creates what no person creates."""


def _audit(second: int, owner: str | None = None) -> Record:
    stamp = to_salesforce(second)
    audit: Record = {
        "CreatedDate": stamp,
        "CreatedById": owner or ADMIN_ID,
        "LastModifiedDate": stamp,
        "LastModifiedById": owner or ADMIN_ID,
        "SystemModstamp": stamp,
    }
    return {"OwnerId": owner, **audit} if owner else audit


def make_user(id_: str, second: int, *, given: str, family: str, title: str | None) -> Record:
    """A member of the sales team. Users can't be deleted, so they have no IsDeleted."""
    mail = f"{given}.{family}@tidewater.example".lower()
    return {
        "Id": id_,
        "Username": mail,
        "Email": mail,
        "FirstName": given,
        "LastName": family,
        "Name": f"{given} {family}",
        "Alias": f"{given[0]}{family[:4]}".lower(),
        "Title": title,
        "Department": "Sales",
        "CompanyName": "Tidewater Supply",
        "IsActive": True,
        "UserType": "Standard",
        "UserRoleId": None,
        "TimeZoneSidKey": "Europe/London",
        "LocaleSidKey": "en_GB",
        "LanguageLocaleKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        **_audit(second),
    }


def make_product2(id_: str, second: int, *, name: str, code: str, family: str) -> Record:
    """A product as sales sees it."""
    return {
        "Id": id_,
        "IsDeleted": False,
        "Name": name,
        "ProductCode": code,
        "Description": None,
        "Family": family,
        "IsActive": True,
        "StockKeepingUnit": code if family == "Goods" else None,
        "ExternalId": None,
        **_audit(second),
    }


def make_account(id_: str, second: int, *, owner: str, **fields: Any) -> Record:
    """A firm."""
    return {
        "Id": id_,
        "IsDeleted": False,
        "Name": None,
        "Type": "Prospect",
        "ParentId": None,
        "Industry": None,
        "AnnualRevenue": None,
        "NumberOfEmployees": None,
        "BillingStreet": None,
        "BillingCity": None,
        "BillingState": None,
        "BillingPostalCode": None,
        "BillingCountry": None,
        "BillingCountryCode": None,
        "Phone": None,
        "Website": None,
        "Description": None,
        "Rating": None,
        "AccountSource": None,
        "Segment__c": None,
        "App_Organisation_Id__c": None,
        **_audit(second, owner),
        **fields,
    }


def make_contact(id_: str, second: int, *, owner: str, **fields: Any) -> Record:
    """A person at a firm."""
    return {
        "Id": id_,
        "IsDeleted": False,
        "AccountId": None,
        "FirstName": None,
        "LastName": None,
        "Name": None,
        "Email": None,
        "Phone": None,
        "MobilePhone": None,
        "Title": None,
        "Department": None,
        "LeadSource": None,
        "MailingCity": None,
        "MailingCountryCode": None,
        "Birthdate": None,
        "HasOptedOutOfEmail": False,
        **_audit(second, owner),
        **fields,
    }


def make_lead(id_: str, second: int, *, owner: str, **fields: Any) -> Record:
    """Somebody who may become a customer."""
    return {
        "Id": id_,
        "IsDeleted": False,
        "FirstName": None,
        "LastName": None,
        "Name": None,
        "Company": None,
        "Title": None,
        "Email": None,
        "Phone": None,
        "Status": "Open - Not Contacted",
        "Rating": None,
        "Industry": None,
        "LeadSource": None,
        "NumberOfEmployees": None,
        "AnnualRevenue": None,
        "Country": None,
        "CountryCode": None,
        "IsConverted": False,
        "ConvertedDate": None,
        "ConvertedAccountId": None,
        "ConvertedContactId": None,
        "ConvertedOpportunityId": None,
        **_audit(second, owner),
        **fields,
    }


def make_opportunity(id_: str, second: int, *, owner: str, **fields: Any) -> Record:
    """A possible deal."""
    return {
        "Id": id_,
        "IsDeleted": False,
        "AccountId": None,
        "ContactId": None,
        "Name": None,
        "StageName": "Prospecting",
        "Amount": None,
        "Probability": Decimal(10),
        "ExpectedRevenue": None,
        "TotalOpportunityQuantity": None,
        "CloseDate": None,
        "Type": "New Customer",
        "NextStep": None,
        "LeadSource": None,
        "IsClosed": False,
        "IsWon": False,
        "ForecastCategory": "Pipeline",
        "ForecastCategoryName": "Pipeline",
        "CampaignId": None,
        "Pricebook2Id": None,
        "HasOpportunityLineItem": False,
        "LastStageChangeDate": None,
        **_audit(second, owner),
        **fields,
    }


def make_line_item(
    id_: str,
    second: int,
    *,
    opportunity: str,
    product: Record,
    entry: str,
    quantity: int,
    price: Decimal,
    position: int,
) -> Record:
    """A product within a possible deal."""
    return {
        "Id": id_,
        "IsDeleted": False,
        "OpportunityId": opportunity,
        "SortOrder": position,
        "PricebookEntryId": entry,
        "Product2Id": product["Id"],
        "ProductCode": product["ProductCode"],
        "Name": product["Name"],
        "Quantity": Decimal(quantity),
        "UnitPrice": price,
        "ListPrice": price,
        "TotalPrice": price * quantity,
        "Discount": None,
        "ServiceDate": None,
        "Description": None,
        **_audit(second),
    }


def make_history(id_: str, second: int, *, opportunity: Record, previous: Record | None) -> Record:
    """What a stage change of an opportunity leaves behind."""
    return {
        "Id": id_,
        "IsDeleted": False,
        "OpportunityId": opportunity["Id"],
        "StageName": opportunity["StageName"],
        "Amount": opportunity["Amount"],
        "PrevAmount": previous["Amount"] if previous else None,
        "ExpectedRevenue": opportunity["ExpectedRevenue"],
        "CloseDate": opportunity["CloseDate"],
        "PrevCloseDate": previous["CloseDate"] if previous else None,
        "Probability": opportunity["Probability"],
        "ForecastCategory": opportunity["ForecastCategory"],
        "CreatedById": opportunity["OwnerId"],
        "CreatedDate": to_salesforce(second),
        "SystemModstamp": to_salesforce(second),
    }


def make_campaign(
    id_: str, second: int, *, owner: str, name: str, type_: str, starts_on: str, ends_on: str
) -> Record:
    """A marketing campaign."""
    return {
        "Id": id_,
        "IsDeleted": False,
        "Name": name,
        "ParentId": None,
        "Type": type_,
        "Status": "In Progress",
        "StartDate": starts_on,
        "EndDate": ends_on,
        "ExpectedRevenue": Decimal("25000.00"),
        "BudgetedCost": Decimal("4000.00"),
        "ActualCost": None,
        "IsActive": True,
        "Description": None,
        "NumberOfLeads": 0,
        "NumberOfContacts": 0,
        "NumberOfResponses": 0,
        **_audit(second, owner),
    }


def make_campaign_member(id_: str, second: int, *, campaign: str, lead: str) -> Record:
    """A lead that a campaign reached."""
    return {
        "Id": id_,
        "IsDeleted": False,
        "CampaignId": campaign,
        "LeadId": lead,
        "ContactId": None,
        "Status": "Sent",
        "HasResponded": False,
        "FirstRespondedDate": None,
        **_audit(second),
    }
