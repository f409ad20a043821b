//! Bare lists, whose pages say nothing about the whole.

use super::*;
use totalcloud_api::endpoints::alerts::ListActivities;

/// A bare list of a service that puts at most `most` of its `total` rows on a page.
fn bare(total: u64, most: u64) -> impl Fn(u64, u64, usize) -> Reply + Send + Sync + 'static {
    move |page, size, _| {
        let size = size.min(most);
        let rows: Vec<String> =
            (page * size..((page + 1) * size).min(total)).map(|i| format!(r#"{{"uuid":{i}}}"#)).collect();
        reply(200, format!("[{}]", rows.join(",")))
    }
}

fn activities(client: &Client, options: PageOptions) -> PageStream {
    client.pages(client.request(&ListActivities::new(Provider::Aws)).unwrap(), options).unwrap()
}

#[tokio::test]
async fn a_bare_list_ends_with_an_empty_page_however_many_rows_the_service_puts_on_one() {
    for (total, most, calls) in [(0, 50, 1), (3, 50, 2), (100, 50, 3), (130, 50, 4), (130, 20, 8), (7, 7, 2)]
    {
        let (client, log) = client(bare(total, most));
        let (rows, error, report) = drain(activities(&client, PageOptions::default())).await;
        assert!(error.is_none(), "{total} {most}: {error:?}");
        assert_eq!(rows, (0..total).collect::<Vec<_>>(), "{total} {most}");
        assert!(report.is_complete());
        assert_eq!(log.lock().unwrap().len(), calls, "{total} {most}");
    }
}

#[tokio::test]
async fn a_bare_list_that_knows_no_pages_is_read_once() {
    let (few, log) = client(|_, _, _| reply(200, r#"[{"uuid":0},{"uuid":1}]"#));
    let (rows, error, _) = drain(activities(&few, PageOptions::default())).await;
    assert_eq!((rows.len(), error.is_none(), log.lock().unwrap().len()), (2, true, 2));
    // Where the page was full there may be more, which never comes.
    let (many, _) = client(|_, size, _| bare(size, size)(0, size, 0));
    let (rows, error, _) = drain(activities(&many, PageOptions::default())).await;
    assert_eq!((rows.len(), error.unwrap().kind()), (50, ErrorKind::Partial));
}

#[tokio::test]
async fn of_a_bare_list_no_page_is_asked_for_that_a_limit_does_not_need() {
    let (client, log) = client(bare(130, 50));
    let (rows, error, _) = drain(activities(&client, PageOptions::default().limit(60).page_size(50))).await;
    assert_eq!((rows.len(), error.is_none(), log.lock().unwrap().len()), (60, true, 2));
}
