-- The entries of a transfer are inserted before it, and then it is complete.
create function check_transfer() returns trigger language plpgsql as $$
declare
	legs bigint;
	total numeric;
begin
	select count(*), coalesce(sum(amount), 0) into legs, total from entries where transfer_id = new.id;
	if legs < 2 or total <> 0 then
		raise exception 'the entries of a transfer must sum to zero' using errcode = 'check_violation';
	end if;
	return new;
end $$;
create trigger check_transfer before insert on transfers for each row execute function check_transfer();

create function check_entry() returns trigger language plpgsql as $$
begin
	if exists (select from transfers where id = new.transfer_id) then
		raise exception 'the transfer of an entry is complete' using errcode = 'check_violation';
	end if;
	return new;
end $$;
create trigger check_entry before insert on entries for each row execute function check_entry();

create function refuse_change() returns trigger language plpgsql as $$
begin
	raise exception 'the ledger is never changed' using errcode = 'check_violation';
end $$;
create trigger refuse_change before update or delete on transfers for each row execute function refuse_change();
create trigger refuse_change before update or delete on entries for each row execute function refuse_change();
