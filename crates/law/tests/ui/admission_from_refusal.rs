fn write(_: law::Admission) {}

fn refused(refusal: law::Refusal) {
    write(refusal);
}

fn main() {
    let _ = refused;
}
