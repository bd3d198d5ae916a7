drop index plinth_idempotency_caller_idx;
alter table plinth_idempotency drop column size;
alter table plinth_idempotency drop column caller;
