"""The first hour of an integrator, lived with the client that was generated from the OpenAPI document."""

import datetime
import json
import pathlib
import subprocess
import uuid

KINDS = {
    "beneficial_ownership": "MEZBeneficialOwnershipCredential",
    "source_of_funds": "MEZSourceOfFundsCredential",
    "tax_residency": "MEZTaxResidencyCredential",
    "license": "MEZLicenseCredential",
    "data_protection_registration": "MEZDataProtectionRegistrationCredential",
    "office_lease": "MEZOfficeLeaseCredential",
}
OWNERS = [
    {"name": "Orla Thistlewood", "ownership_bp": 6000},
    {"name": "Bertil Quillfeather", "ownership_bp": 4000},
]


def evidence(issuer, mez, name):
    """Credentials about a company, by the issuer that the zone's anchors name."""
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=300)
    for kind, type_ in KINDS.items():
        subject = {"legal_name": name}
        if kind == "beneficial_ownership":
            subject["owners"] = OWNERS
        words = [mez, "vc", "issue", "--key", str(issuer / "sandbox-issuer.priv.json"), "--id", f"urn:uuid:{uuid.uuid4()}"]
        words += ["--type", type_, "--subject", "-", "--realm", "sandbox"]
        words += ["--valid-until", until.strftime("%Y-%m-%dT%H:%M:%SZ")]
        said = subprocess.run(words, input=json.dumps(subject), check=True, text=True, stdout=subprocess.PIPE)
        yield json.loads(said.stdout)


def live(url, token, issuer, mez):
    from zone_client import AuthenticatedClient
    from zone_client import models
    from zone_client.api.compliance import get_v1_compliance_entity_id, get_v1_decisions_sha256
    from zone_client.api.credentials import post_v1_credentials_verify
    from zone_client.api.entities import get_v1_entities_id, post_v1_entities
    from zone_client.api.fiscal import (
        get_v1_fiscal_accounts_id,
        post_v1_fiscal_accounts,
        post_v1_fiscal_accounts_id_fund,
        post_v1_fiscal_payments,
    )

    zone = AuthenticatedClient(base_url=url, token=token)

    def write(operation, body, **more):
        """Sent twice under one key: done once, answered twice."""
        key = str(uuid.uuid4())
        first, again = (operation.sync_detailed(client=zone, body=body, idempotency_key=key, **more) for _ in range(2))
        assert first.parsed is not None and not isinstance(first.parsed, models.Problem), first.content
        assert first.content == again.content and again.headers.get("idempotency-replayed") == "true", again.headers
        assert first.parsed.compliance.outcome == "allow", first.content
        return first.parsed

    def company(name):
        formed = write(post_v1_entities, models.FormEntity.from_dict({
            "entity_type": "private-company",
            "legal_name": name,
            "jurisdiction_id": "sg",
            "activity": "general trading",
            "registered_office": {"address": "1 Lantern Quay", "jurisdiction_id": "sg"},
            "beneficial_owners": [{**owner, "kind": "person"} for owner in OWNERS],
            "evidence": list(evidence(pathlib.Path(issuer), mez, name)),
        }))
        entity = formed.result["entity_id"]
        opened = write(post_v1_fiscal_accounts, models.OpenAccount.from_dict({"entity_id": entity, "currency": "USD"}))
        return formed, entity, opened.result["account_id"]

    def balance(account):
        shown = get_v1_fiscal_accounts_id.sync(account, client=zone)
        return shown.to_dict()["balance"]

    formed, buyer, purse = company("First Hour Trading")
    _, _, till = company("Second Hour Supplies")
    funds = models.Fund.from_dict({"amount": "250.00", "currency": "USD", "purpose": "capital"})
    write(post_v1_fiscal_accounts_id_fund, funds, id=purse)
    write(post_v1_fiscal_payments, models.Pay.from_dict({
        "from_account_id": purse,
        "to": {"account_id": till, "name": "Second Hour Supplies"},
        "amount": "99.95",
        "currency": "USD",
        "purpose": "goods",
    }))
    assert (balance(purse), balance(till)) == ("150.05", "99.95"), (balance(purse), balance(till))

    shown = get_v1_entities_id.sync(buyer, client=zone).to_dict()
    assert shown["legal_name"] == "First Hour Trading", shown
    known = get_v1_compliance_entity_id.sync(buyer, client=zone).to_dict()
    assert known, "what law said is kept"
    explained = get_v1_decisions_sha256.sync(formed.compliance.decision_sha256, client=zone).to_dict()
    assert "sanctions" in json.dumps(explained), explained
    verdict = post_v1_credentials_verify.sync(
        client=zone,
        body=models.VerifyCredential.from_dict({"credential": formed.credential.to_dict()}),
    )
    assert verdict.to_dict()["verdict"] == "VALID", verdict.to_dict()
    print("first hour: formed, opened, funded, paid, asked, verified; every write sent twice and done once")
