-- title: The controls that fail most
-- tells: Controls by the number of resources that fail them, with the accounts they fail in.
-- param: most = 25 | Rows at most
SELECT controlId, controlName, criticality, service,
  sum(failedResources) AS failed, count(DISTINCT account) AS accounts
FROM account_evaluations
WHERE result = 'FAIL'
GROUP BY controlId, controlName, criticality, service
ORDER BY failed DESC, controlId
LIMIT $most
