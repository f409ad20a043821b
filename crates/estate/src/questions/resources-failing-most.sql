-- title: Resources that fail most controls
-- tells: Resources of all types by the number of controls they fail.
-- param: most = 50 | Rows at most
SELECT provider, account, region, "table", resourceId, name, controlsFailed, tag(tags, 'owner') AS owner
FROM resources
WHERE controlsFailed > 0
ORDER BY controlsFailed DESC, provider, account, resourceId
LIMIT $most
