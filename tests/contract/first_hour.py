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


class Body(dict):
    """A body of one of several shapes, which the generated client passes on as it is."""

    def to_dict(self):
        return dict(self)


def signed(mez, key, document):
    """A document with the proof of its signer."""
    words = [mez, "vc", "sign", "--key", f"{key}.priv.json", "-"]
    said = subprocess.run(words, input=json.dumps(document), check=True, text=True, stdout=subprocess.PIPE)
    return json.loads(said.stdout)


def did_of(keys):
    """The DID of a zone is its root key, which its inception document names."""
    return "did:key:" + keys["inception"]["root_key"]


def live(url, token, issuer, mez):
    from zone_client import AuthenticatedClient
    from zone_client import models
    from zone_client.api.compliance import get_v1_compliance_entity_id, get_v1_decisions_sha256
    from zone_client.api.consent import get_v1_consent_id, post_v1_consent, post_v1_consent_id_votes
    from zone_client.api.credentials import post_v1_credentials_verify
    from zone_client.api.entities import (
        get_v1_entities_id,
        post_v1_entities,
        post_v1_licenses,
        post_v1_licenses_id_events,
    )
    from zone_client.api.fiscal import (
        get_v1_fiscal_accounts_id,
        post_v1_fiscal_accounts,
        post_v1_fiscal_accounts_id_fund,
        post_v1_fiscal_payments,
    )
    from zone_client.api.default import get_well_known_mez_keys_json
    from zone_client.api.ownership import (
        get_v1_ownership_cap_tables_entity_id,
        post_v1_ownership_cap_tables,
        post_v1_ownership_cap_tables_entity_id_events,
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
        entity = formed.result.entity_id
        opened = write(post_v1_fiscal_accounts, models.OpenAccount.from_dict({"entity_id": entity, "currency": "USD"}))
        return formed, entity, opened.result.account_id

    def balance(account):
        shown = get_v1_fiscal_accounts_id.sync(account, client=zone)
        return shown.to_dict()["balance"]

    formed, buyer, purse = company("First Hour Trading")
    _, _, till = company("Second Hour Supplies")
    applied = write(post_v1_licenses, Body(entity_id=buyer, license_type_id="sg-mas.cms-dealing", activities=["dealing"]))
    license_id = applied.result.license_id
    write(post_v1_licenses_id_events, Body(event="review"), id=license_id)
    issued = Body(event="issue", number="CMS1", **{"from": "2026-01-01"}, until="2999-01-01")
    assert write(post_v1_licenses_id_events, issued, id=license_id).result.in_force is True

    funds = models.FundAccount.from_dict({"amount": "250.00", "currency": "USD", "purpose": "capital"})
    write(post_v1_fiscal_accounts_id_fund, funds, id=purse)
    write(post_v1_fiscal_payments, models.Instruction.from_dict({
        "from_account_id": purse,
        "to": {"account_id": till, "name": "Second Hour Supplies"},
        "amount": "99.95",
        "currency": "USD",
        "purpose": "goods",
    }))
    assert (balance(purse), balance(till)) == ("150.05", "99.95"), (balance(purse), balance(till))

    voter = pathlib.Path(issuer) / "orla"
    keygen = [mez, "vc", "keygen", "--output", str(issuer), "--prefix", voter.name]
    subprocess.run(keygen, check=True, stdout=subprocess.DEVNULL)
    did = "did:key:" + json.loads(pathlib.Path(f"{voter}.pub.json").read_text())["kid"]
    common = {"class_id": "common", "name": "Common", "authorized": 1000, "votes_per_share": 1}
    common["par_value"] = {"currency": "SGD", "value": "0.0001"}
    write(post_v1_ownership_cap_tables, Body(entity_id=buyer, classes=[common]))

    def enter(entry, **more):
        body = Body(entry=entry, **more)
        return write(post_v1_ownership_cap_tables_entity_id_events, body, entity_id=buyer)

    def issue(shares):
        return {"event": "issue", "class_id": "common", "allotments": [{"holder_id": "orla", "shares": shares}]}

    enter({"event": "enter", "holder": {"holder_id": "orla", "name": "Orla Thistlewood", "kind": "person", "voter": did}})
    enter(issue(1000))
    month = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
    proposed = write(post_v1_consent, Body(
        entity_id=buyer,
        title="500 more",
        operation={"operation": "issue_shares", "class_id": "common", "shares": 500},
        rule={"quorum_bp": 5000, "threshold": {"threshold": "majority", "of": "cast"}},
        expires=month.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )).result
    ballot = {"type": "MEZBallot", "consent_id": proposed.consent_id, "proposal_sha256": proposed.proposal_sha256}
    ballot = signed(mez, voter, {**ballot, "voter": did, "choice": "approve"})
    write(post_v1_consent_id_votes, Body(ballot=ballot), id=proposed.consent_id)
    assert get_v1_consent_id.sync(proposed.consent_id, client=zone).status == "APPROVED"
    enter(issue(500), consent_id=proposed.consent_id)
    table = get_v1_ownership_cap_tables_entity_id.sync(buyer, client=zone).to_dict()
    assert table["classes"][0]["issued"] == 1500, table

    shown = get_v1_entities_id.sync(buyer, client=zone).to_dict()
    assert shown["formation"]["legal_name"] == "First Hour Trading", shown
    known = get_v1_compliance_entity_id.sync(buyer, client=zone).to_dict()
    assert known, "what law said is kept"
    explained = get_v1_decisions_sha256.sync(formed.compliance.decision_sha256, client=zone).to_dict()
    assert "sanctions" in json.dumps(explained), explained
    told = evidence(pathlib.Path(issuer), mez, "Third Hour")
    verdict = post_v1_credentials_verify.sync(client=zone, body=models.VerifyCredential.from_dict({"credential": next(told)}))
    assert verdict.verdict == "VALID", verdict.to_dict()

    # The zone's own word, judged without the zone: its DID is pinned, its keys are what anybody may read.
    keys = get_well_known_mez_keys_json.sync(client=zone).to_dict()
    files = {"keys.json": keys, "credential.json": formed.credential.to_dict()}
    for name, document in files.items():
        (pathlib.Path(issuer) / name).write_text(json.dumps(document))
    words = [mez, "--json", "verify", "credential.json", "--keys", "keys.json", "--trust", did_of(keys)]
    judged = subprocess.run(words, cwd=issuer, check=True, text=True, stdout=subprocess.PIPE)
    assert json.loads(judged.stdout)["verdict"] == "VALID", judged.stdout
    print("first hour: formed, opened, licensed, funded, paid, issued shares, voted, asked, verified; every write sent twice and done once")
