-- title: What fails, by policy
-- tells: For each policy, how many of its controls fail in some account, and on how many resources.
WITH named AS (
  SELECT account, controlId, result, failedResources, unnest(policyNames) AS policy
  FROM account_evaluations
)
SELECT policy,
  count(DISTINCT controlId) AS controls,
  count(DISTINCT CASE WHEN result = 'FAIL' THEN controlId END) AS failing,
  sum(failedResources) AS failedResources
FROM named
GROUP BY policy
ORDER BY failedResources DESC, policy
