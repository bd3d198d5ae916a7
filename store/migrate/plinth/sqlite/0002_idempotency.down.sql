drop table plinth_idempotency;
