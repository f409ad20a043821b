-- title: Users who sign in without a second factor
-- tells: IAM users with a console password and no second factor; those who used it last come first.
SELECT account, name, userDto.arn AS arn, userDto.passwordLastUsed AS passwordLastUsed, userDto.userCreationTime AS createdOn
FROM aws_iam_user
WHERE userDto.passwordEnabled AND coalesce(userDto.mfaActive, FALSE) = FALSE
ORDER BY passwordLastUsed DESC NULLS LAST, account, name
