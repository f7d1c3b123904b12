//! The smallest service, as the README shows it.

mod service {
    include!("service.rs");
}

mod test {
    use super::service::*;
    use fm_sdk::testing::MockBus;

    include!("test.rs");

    #[actix_rt::test]
    async fn it_greets() {
        let bus = MockBus::for_service(greeter());
        assert_eq!(bus.call(Greet { name: "ann".into() }).await.unwrap(), "hello ann");
    }
}

#[test]
fn the_readme_shows_this_very_service_in_15_lines_and_its_test_in_5() {
    let readme = include_str!("../../README.md");
    for (code, most) in [(include_str!("service.rs"), 15), (include_str!("test.rs"), 5)] {
        assert!(readme.contains(code), "the README shows something else");
        assert!(code.lines().count() <= most, "{} lines", code.lines().count());
    }
}
