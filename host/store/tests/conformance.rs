//! Every home does what a home must.

mod sqlite {
    haymaker_store::conformance!(|| {
        let folder = tempfile::tempdir().unwrap();
        move || haymaker_store::SqliteStore::open(folder.path().join("haymaker.db")).unwrap()
    });
}
