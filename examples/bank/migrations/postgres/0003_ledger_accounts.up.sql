create or replace function check_transfer() returns trigger language plpgsql as $$
declare
	legs bigint;
	fitting bigint;
begin
	select count(*), count(*) filter (where account_id = new.from_id and amount = -new.amount or account_id = new.to_id and amount = new.amount)
		into legs, fitting from entries where transfer_id = new.id;
	if legs <> 2 or fitting <> 2 then
		raise exception 'a transfer takes its amount from one account and gives it to the other' using errcode = 'check_violation';
	end if;
	return new;
end $$;
create trigger refuse_truncate before truncate on transfers for each statement execute function refuse_change();
create trigger refuse_truncate before truncate on entries for each statement execute function refuse_change();
