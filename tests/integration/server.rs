//! The private server: it comes up, answers, and is gone afterwards.

use std::{path::Path, thread, time::Duration};

use oversell::server::{Server, ServerError, Target};
use redis::AsyncCommands as _;

fn runs(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

fn gone_within_a_second(pid: u32) -> bool {
    (0..100).any(|_| {
        thread::sleep(Duration::from_millis(10));
        !runs(pid)
    })
}

#[tokio::test]
async fn comes_up_answers_and_is_gone_after_drop() {
    let server = Server::start().unwrap();
    let mut link = server.target().connect().await.unwrap();
    let () = link.set("key", 7).await.unwrap();
    let value: i64 = link.get("key").await.unwrap();
    assert_eq!(value, 7);
    let version = server.target().version().await.unwrap();
    assert!(["redis", "valkey"].contains(&version.kind.as_str()), "{version}");
    let (pid, folder) = (server.pid(), server.folder());
    assert!(runs(pid) && folder.exists());
    drop(server);
    assert!(gone_within_a_second(pid), "the server must end with its handle");
    assert!(!folder.exists(), "and so must its folder");
}

#[tokio::test]
async fn servers_side_by_side_share_nothing() {
    let (one, two) = (Server::start().unwrap(), Server::start().unwrap());
    let () = one.target().connect().await.unwrap().set("key", 1).await.unwrap();
    let there: bool = two.target().connect().await.unwrap().exists("key").await.unwrap();
    assert!(!there);
}

#[tokio::test]
async fn a_pipeline_and_a_transaction_answer_as_with_redis_rs() {
    let server = Server::start().unwrap();
    let mut link = server.target().connect().await.unwrap();
    let (a, b): (i64, i64) = redis::pipe()
        .incr("n", 1)
        .incr("n", 1)
        .query_async(&mut link)
        .await
        .unwrap();
    assert_eq!((a, b), (1, 2));
    let (c,): (i64,) = redis::pipe()
        .atomic()
        .decr("n", 1)
        .query_async(&mut link)
        .await
        .unwrap();
    assert_eq!(c, 1);
    let refused = redis::pipe()
        .atomic()
        .cmd("NOSUCH")
        .query_async::<()>(&mut link)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("unknown command"), "{refused}");
    let () = link.set("text", "abc").await.unwrap();
    let failed = redis::pipe()
        .atomic()
        .incr("text", 1)
        .query_async::<()>(&mut link)
        .await
        .unwrap_err();
    assert!(failed.to_string().contains("not an integer"), "{failed}");
    let still: i64 = link.get("n").await.unwrap();
    assert_eq!(still, 1, "the connection is in step after errors");
}

#[tokio::test]
async fn an_abandoned_request_makes_the_connection_unusable_instead_of_mixing_replies() {
    let server = Server::start().unwrap();
    let mut link = server.target().connect().await.unwrap();
    let mut slow = redis::cmd("BLPOP");
    slow.arg("nothing").arg(0.2);
    let abandoned = tokio::time::timeout(Duration::from_millis(10), slow.query_async::<()>(&mut link)).await;
    assert!(abandoned.is_err());
    let error = redis::cmd("PING").query_async::<String>(&mut link).await.unwrap_err();
    assert!(error.to_string().contains("abandoned"), "{error}");
}

#[test]
fn rejects_urls_that_are_none() {
    for (url, part) in [
        ("localhost", "expected redis://"),
        ("http://localhost", "expected redis://"),
        ("redis://localhost:notaport", "expected redis://"),
        ("rediss://localhost", "TLS"),
    ] {
        let error = Target::from_url(url).unwrap_err();
        assert!(matches!(error, ServerError::BadUrl { .. }), "{url}: {error:?}");
        assert!(error.to_string().contains(part), "{url}: {error}");
    }
}
