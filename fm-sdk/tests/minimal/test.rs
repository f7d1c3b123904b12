#[actix_rt::test] async fn a_new_user_is_welcomed() {
    let bus = MockBus::for_service(greeter());
    bus.deliver(Joined { name: "ann".into() }).await.acked();
    assert_eq!(bus.published::<Welcomed>().one().name, "ann");
}
