-- title: What failed newly
-- tells: Findings that failed for the first time, or again, in the last days.
-- param: days = 7 | Days to look back
SELECT ch.at, ch.kind, ch.account, ch.region, ch.resourceType, ch.resourceId, ch.controlId, c.controlName, c.criticality
FROM changes ch
LEFT JOIN controls c ON c.cid = CAST(ch.controlId AS BIGINT)
WHERE ch.kind IN ('newly_failed', 'reopened') AND ch.at >= now() - CAST(concat($days, ' days') AS INTERVAL)
ORDER BY ch.at DESC, ch.account, ch.resourceId, ch.controlId
