//! The estate: everything the service knows about a subscription, as Delta tables with history, asked in SQL.
