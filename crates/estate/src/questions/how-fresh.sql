-- title: How fresh the estate is
-- tells: Tables by when a sync last read them, those that never were at the end.
SELECT "table", family, rows, syncedAt, round(extract(epoch FROM now() - syncedAt) / 3600, 1) AS hours, complete
FROM tables
WHERE schema = 'estate' AND family IS NOT NULL
ORDER BY syncedAt, "table"
