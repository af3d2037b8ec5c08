fn twice(admission: law::Admission) -> (law::Admission, law::Admission) {
    (admission.clone(), admission)
}

fn main() {
    let _ = twice;
}
