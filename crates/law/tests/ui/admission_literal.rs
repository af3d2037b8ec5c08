fn main() {
    let forged = law::Admission { decision: panic!(), record: panic!() };
    drop(forged);
}
