-- title: Roles that anybody may take
-- tells: IAM roles whose trust policy allows everybody without a condition.
SELECT account, name, arn, assumeRolePolicyDocument AS policy
FROM aws_iam_role
WHERE allows_anyone(assumeRolePolicyDocument)
ORDER BY account, name
