-- title: Functions that anybody can call
-- tells: Lambda functions with a URL that asks for no sign-in, or a policy that allows everybody.
WITH told AS (
  SELECT account, region, name, runtime,
    regexp_like(raw, '"authType"\s*:\s*"NONE"') AS byUrl,
    allows_anyone(rawFunctionPolicy) AS byPolicy
  FROM aws_lambda
)
SELECT account, region, name, runtime, byUrl, byPolicy
FROM told
WHERE byUrl OR byPolicy
ORDER BY account, region, name
