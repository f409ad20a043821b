-- title: What is new since yesterday
-- tells: What appeared, vanished, changed, newly failed, was fixed or reopened in the last days, by kind and table.
-- param: days = 1 | Days to look back
SELECT kind, "table", count(*) AS changes, count(DISTINCT account) AS accounts, min(at) AS first, max(at) AS last
FROM changes
WHERE at >= now() - CAST(concat($days, ' days') AS INTERVAL)
GROUP BY kind, "table"
ORDER BY kind, changes DESC, "table"
