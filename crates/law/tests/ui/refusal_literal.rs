fn main() {
    let forged = law::Refusal { inner: panic!() };
    drop(forged);
}
