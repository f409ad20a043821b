-- title: Regions that are in use
-- tells: Regions by the resources in them: one that nobody chose stands out at the end.
SELECT provider, region, count(*) AS resources, count(DISTINCT account) AS accounts, count(DISTINCT "table") AS types,
  min(firstSeen) AS firstSeen
FROM resources
GROUP BY provider, region
ORDER BY resources DESC, provider, region
