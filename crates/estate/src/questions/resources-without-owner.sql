-- title: Resources without an owner
-- tells: Resources that lack the tag by which their owner is known, those that fail most first.
-- param: tag = owner | Key of the tag, in any letter case
SELECT provider, account, region, "table", resourceId, name, controlsFailed
FROM resources
WHERE coalesce(tag(tags, $tag), '') = ''
ORDER BY controlsFailed DESC NULLS LAST, provider, account, resourceId
