fn pin(pack: law::Pack) -> law::Pinned<law::Pack> {
    let digest = pack.digest();
    law::Pinned::new(pack, digest)
}

fn main() {
    let _ = pin;
}
