//! Code of the user's own that one client alone shows to be wrong, and code that answers with errors.

use oversell::{
    prove::{Conclusion, Fault, Property},
    strategy::{OwnConnection, Purchase},
};
use oversell_checker::examine::Conclusion as Told;
use redis::{AsyncCommands as _, RedisResult};

/// Takes and says the opposite.
async fn upside_down(con: OwnConnection) -> RedisResult<bool> {
    one_step(con).await.map(|bought| !bought)
}

async fn one_step(mut con: OwnConnection) -> RedisResult<bool> {
    redis::Script::new(
        "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1",
    )
    .key("stock")
    .invoke_async(&mut con)
    .await
}

/// Looks, then takes.
async fn racy(mut con: OwnConnection) -> RedisResult<bool> {
    let left: i64 = con.get("stock").await?;
    if left < 1 {
        return Ok(false);
    }
    con.decr("stock", 1).await.map(|_: i64| true)
}

#[tokio::test]
async fn what_one_client_alone_shows_is_told_to_be_no_race() {
    let folder = tempfile::tempdir().unwrap();
    let proof = std::panic::AssertUnwindSafe(oversell::prove(upside_down).save_to(folder.path()));
    let panic = std::panic::catch_unwind(|| proof.assert_proved()).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("this is no race"), "{text}");
    let report = oversell::stress(upside_down)
        .save_to(folder.path())
        .run()
        .await
        .unwrap();
    assert!(report.alone);
    let text = report.explanation(&oversell::report::terminal::Style::default());
    assert!(text.contains("this is no race"), "{text}");
    // A race is one.
    let report = oversell::stress(racy).save_to(folder.path()).run().await.unwrap();
    assert!(!report.alone);
}

/// Says sold out by an error, and that somebody else is buying by another one.
async fn by_errors(mut con: OwnConnection) -> Result<bool, Box<dyn std::error::Error>> {
    if !con.set_nx("stock:lock", 1).await? {
        return Err("somebody else is buying".into());
    }
    let bought = one_step(con.clone()).await;
    let _: i64 = con.del("stock:lock").await?;
    if bought? { Ok(true) } else { Err("none left".into()) }
}

#[tokio::test]
async fn an_error_is_no_pass_unless_it_is_said_which_answer_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let proof = || oversell::prove(by_errors).save_to(folder.path());
    for undecided in [proof(), proof().clients(2).fault(Fault::Crash)] {
        let proven = undecided.run().unwrap();
        assert_eq!(proven.conclusion(), Conclusion::Undecided);
        assert!(
            proven
                .undecided()
                .unwrap()
                .contains("what that told the customer is not known")
        );
    }
    // Whoever is told "busy" and goes away, goes away while units are left.
    let sold_out = |part: &str| proof().error_means(part, Purchase::SoldOut);
    assert_eq!(sold_out("none left").run().unwrap().conclusion(), Conclusion::Undecided);
    let proven = sold_out("none left")
        .error_means("somebody", Purchase::SoldOut)
        .run()
        .unwrap();
    assert_eq!(proven.broken(), Some(Property::SoldOutIsTrue));
    let file = proven.schedule.unwrap().save(folder.path()).unwrap();
    let replay = oversell::replay(file, by_errors).error_means("somebody", Purchase::SoldOut);
    replay.error_means("none left", Purchase::SoldOut).assert_breaks().await;
    // One at a time nobody is in the way.
    sold_out("none left").clients(1).operations(3).assert_proved();
    let stress = || oversell::stress(by_errors).save_to(folder.path()).stock(5).rounds(3);
    let report = stress().run().await.unwrap();
    assert_eq!(report.conclusion(), Told::Undecided);
    assert!(report.outcome.unanswered().unwrap().contains("ended with an error"));
    let alone = stress().clients(1).error_means("none left", Purchase::SoldOut);
    alone.assert_linearizable().await;
}
