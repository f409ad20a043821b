-- title: Exceptions that end soon
-- tells: Exceptions that end within some days: what they cover fails again then.
-- param: days = 30 | Days to look ahead
SELECT name, state, reason, createdBy, startingDate, endingDate, date_part('day', endingDate - now()) AS daysLeft
FROM exceptions
WHERE endingDate >= now() AND endingDate < now() + CAST(concat($days, ' days') AS INTERVAL)
ORDER BY endingDate, name
