//! A zone that names who must have signed its rules.

use canon::PackId;
use law::manifest::{Catalog, Zone};
use law::statement::Statement;
use law::{Files, Memory, Pack};
use proof::integrity::{ProofOptions, sign_document};
use serde_json::json;

use crate::home::{Home, issuer, now, repository};
use crate::layout::Folder;
use crate::server::Server;

/// The repository, and signatures over it.
struct Signed(Folder, Memory);

impl Files for Signed {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let own = self.1.read(path)?;
        if own.is_some() { Ok(own) } else { self.0.read(path) }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let mut names = self.1.list(folder)?;
        names.extend(self.0.list(folder)?);
        Ok(names)
    }
}

/// The rules of these packs, signed by the issuer of evidence, who serves as well as any.
fn signed(packs: &[&str]) -> Memory {
    let mut memory = Memory::default();
    for name in packs {
        let pack = Pack::load(&repository(), &PackId::parse(name).unwrap()).unwrap();
        let document = Statement::of_pack(&pack).document().unwrap().value();
        let options = ProofOptions::assertion(now(), &issuer());
        let signed = sign_document(document, &options, &issuer()).unwrap();
        memory.0.insert(format!("signatures/{name}.json"), signed.to_string().into_bytes());
    }
    memory
}

#[test]
fn a_zone_starts_on_rules_its_signers_signed_and_on_no_others() {
    let files = Signed(repository(), signed(&["sg", "sandbox"]));
    let mut zone = Catalog::new(&files).zone("sg").unwrap();
    zone.pack_signers = vec![issuer().public().did()];
    let zone = Zone::parse("zone.yaml", zone.to_yaml().as_bytes()).unwrap();
    let home = Home::on(&files, zone);
    let server = Server::start(&home);
    assert_eq!(server.get("/v1/entities").status, 200, "{}", server.ready);
    drop(server);
    let path = home.dir.content().join("signatures/sg.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"version\":", "\"version\":1")).unwrap();
    let server = Server::start(&home);
    assert_eq!(server.ready["ready"], false);
    let told = server.get("/health/readiness");
    let detail = told.body["checks"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("the rules of `sg` are not loaded"), "{detail}");
    assert_eq!(server.post("/v1/entities", &json!({})).code(), (503, "not-ready"));
    drop(server);
    std::fs::remove_file(path).unwrap();
    assert_eq!(Server::start(&home).ready["ready"], false);
}
